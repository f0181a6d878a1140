import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { SecureContextOptions } from 'node:tls';

import {
  converse,
  type Conversation,
  type Service,
  type StepName,
  type Topic,
} from '../../services/conversation/converse.ts';
import type { FaultKind } from '../../services/conversation/peer-fault.ts';
import { reach } from '../../services/conversation/reach.ts';
import { openssl, removeFolder, temporaryFolder, withoutOpenssl } from '../pki/openssl.ts';
import { implicit, peer, smtp, type Manner } from './peers.ts';

const topic: Topic = {
  service: 'smtp',
  serverName: 'peer.example.test',
  ownName: 'probe.example.test',
  until: 'mail',
  patience: 10,
};

async function talkTo(act: (socket: Socket) => void, about: Partial<Topic> = {}): Promise<Conversation> {
  const it = await peer(act);
  try {
    return await converse((signal) => reach('127.0.0.1', it.port, signal), { ...topic, ...about });
  } finally {
    await it.close();
  }
}

const identity = withoutOpenssl ? {} : selfSigned('peer.example.test');

describe('a conversation', { skip: withoutOpenssl }, () => {
  it('goes through every step of SMTP with STARTTLS, each timed', async () => {
    const { steps, session, chain, offered } = await talkTo(smtp({ identity }));

    assert.deepEqual(
      steps.map(({ step, fault }) => [step, fault]),
      ['connect', 'greeting', 'ehlo', 'starttls', 'handshake', 'secure', 'from'].map((step) => [step, undefined]),
    );
    assert.equal(session?.protocol, 'TLSv1.3');
    assert.equal(chain.length, 1);
    assert.equal(offered, true);
    assert.ok(steps.every(({ milliseconds }) => milliseconds >= 0 && milliseconds < 5_000));
  });

  it('keeps the chain as it was served: order and repetitions', async () => {
    const [own, other] = [String(identity.cert), String(selfSigned('other.example.test').cert)];

    const { chain } = await talkTo(smtp({ identity: { ...identity, cert: own + other + other + own } }));

    const names = chain.map((der) => (der.equals(chain[0] ?? der) ? 'own' : 'other'));
    assert.deepEqual(names, ['own', 'other', 'other', 'own']);
  });

  it('sees old protocols instead of refusing them', async () => {
    const old = { ...identity, minVersion: 'TLSv1', maxVersion: 'TLSv1' } as const;

    const { session } = await talkTo(smtp({ identity: old }));

    assert.equal(session?.protocol, 'TLSv1');
  });

  it('goes no further than it is asked to', async () => {
    const offer = await talkTo(smtp({ identity }), { until: 'offer' });
    const handshake = await talkTo(smtp({ identity }), { until: 'handshake' });

    assert.deepEqual([offer.steps.at(-1)?.step, offer.offered, offer.chain.length], ['ehlo', true, 0]);
    assert.deepEqual([handshake.steps.at(-1)?.step, handshake.chain.length], ['handshake', 1]);
  });

  it('speaks TLS from the first byte where the service does', async () => {
    const smtps = await talkTo(
      implicit(identity, (socket) => smtp({ extensions: [] })(socket)),
      { service: 'smtps' },
    );
    const ldaps = await talkTo(
      implicit(identity, () => undefined),
      { service: 'ldaps' },
    );

    const seen = (one: Conversation) => one.steps.map(({ step, fault }) => fault ?? step);
    assert.deepEqual(seen(smtps), ['connect', 'handshake', 'greeting', 'secure', 'from']);
    assert.deepEqual(seen(ldaps), ['connect', 'handshake']);
  });

  it('sees a web server without asking it for anything', async () => {
    const { key, cert } = identity;
    const server = createHttpsServer({ key, cert }, () => assert.fail('no request was due'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;

    const { session } = await converse((signal) => reach('127.0.0.1', port, signal), { ...topic, service: 'https' });

    server.close();
    assert.equal(session?.protocol, 'TLSv1.3');
  });

  it('starts TLS in LDAP', async () => {
    let request = '';
    const { steps, chain } = await talkTo(
      (socket) =>
        socket.once('data', (bytes) => {
          request = bytes.toString('hex');
          socket.write(Buffer.from('300c02010178070a010004000400', 'hex'));
          implicit(identity, () => undefined)(socket);
        }),
      { service: 'ldap-starttls' },
    );

    // As ldapsearch -ZZ sends it (OpenLDAP 2.5).
    assert.equal(request, `301d02010177188016${Buffer.from('1.3.6.1.4.1.1466.20037').toString('hex')}`);
    assert.deepEqual(
      steps.map(({ step, fault }) => fault ?? step),
      ['connect', 'starttls', 'handshake'],
    );
    assert.equal(chain.length, 1);
  });

  const faults: readonly {
    readonly title: string;
    readonly act: (socket: Socket) => void;
    readonly at: StepName;
    readonly fault: FaultKind;
    readonly detail?: RegExp;
    readonly service?: Service;
  }[] = [
    ...(
      [
        ['turns it away at once', { greeting: '421 too busy' }, 'greeting', 'turned-away', /421 too busy/],
        ['refuses the connection', { greeting: '554 no' }, 'greeting', 'turned-away', /554 no/],
        ['speaks another protocol', { greeting: '* OK IMAP4rev1' }, 'greeting', 'not-smtp', /IMAP4rev1/],
        ['shows what terminals obey', { greeting: 'x\u001b[2J' }, 'greeting', 'not-smtp', /"x\?\[2J"/],
        ['knows no EHLO', { answers: { EHLO: '502 what\r\n' } }, 'ehlo', 'not-esmtp', /502 what/],
        ['shuts down at EHLO', { answers: { EHLO: '421 bye\r\n' } }, 'ehlo', 'turned-away', /421 bye/],
        ['offers no STARTTLS', { extensions: ['SIZE 1'] }, 'starttls', 'not-offered', /not offered/],
        [
          'refuses STARTTLS',
          { afterStartTls: (it) => it.write('454 not now\r\n') },
          'starttls',
          'starttls-refused',
          /454/,
        ],
        [
          'puts a command in',
          { afterStartTls: (it) => it.write('220 go\r\n250 ok\r\n') },
          'starttls',
          'injected',
          /in clear/,
        ],
        ['sends garbage for TLS', { afterStartTls: (it) => garbage(it) }, 'handshake', 'not-tls', /not TLS/],
        ['hangs up after 220', { afterStartTls: (it) => it.end('220 go\r\n') }, 'handshake', 'closed', /handshake/],
        ['ends with an alert', { afterStartTls: (it) => alert(it) }, 'handshake', 'alert', /"handshake failure"/],
        ['falls silent after 220', { afterStartTls: (it) => it.write('220 go\r\n') }, 'handshake', 'stalled', /0.5 s/],
        ['takes no mail', { identity, answers: { 'TLS MAIL': '550 no\r\n' } }, 'from', 'refused', /550 no/],
        ['falls silent in TLS', { identity, answers: { 'TLS EHLO': '' } }, 'secure', 'stalled', /0.5 seconds/],
      ] satisfies readonly (readonly [string, Manner, StepName, FaultKind, RegExp])[]
    ).map(([title, manner, at, fault, detail]) => ({ title, act: smtp(manner), at, fault, detail })),
    { title: 'hangs up at once', act: (socket) => socket.end(), at: 'greeting', fault: 'closed' },
    {
      title: 'resets',
      act: (socket) => setTimeout(() => socket.resetAndDestroy(), 50),
      at: 'greeting',
      fault: 'closed',
    },
    { title: 'says nothing', act: () => undefined, at: 'greeting', fault: 'stalled' },
    { title: 'greets without an end', act: endless('220-more\r\n'), at: 'greeting', fault: 'flood' },
    { title: 'sends one line without an end', act: endless('x'.repeat(1000)), at: 'greeting', fault: 'flood' },
    { title: 'drips', act: drip, at: 'greeting', fault: 'stalled' },
    ...(
      [
        ['refuses StartTLS', '300c02010178070a013504000400', 'starttls-refused', /result 53/],
        ['is no LDAP server', '485454502f312e31', 'not-ldap', /HTTP/],
        ['falls silent within an answer', '300c0201', 'stalled', /0.5 s/],
        ['answers LDAP with less than a result', '3003020101', 'not-ldap', /cut short/],
        ['claims a length of gigabytes', '3084ffffffff', 'stalled', /0.5 s/],
        ['claims a length of nonsense', '30ff', 'not-ldap', /length/],
        ['puts a message in', '300c02010178070a01000400040000', 'injected', /in clear/],
      ] satisfies readonly (readonly [string, string, FaultKind, RegExp])[]
    ).map(([title, answer, fault, detail]) => {
      const act = (socket: Socket) => void socket.once('data', () => socket.write(Buffer.from(answer, 'hex')));
      return { title, act, at: 'starttls' as const, fault, detail, service: 'ldap-starttls' as const };
    }),
    { title: 'speaks SMTP where TLS is due', act: smtp({}), at: 'handshake', fault: 'not-tls', service: 'smtps' },
  ];
  for (const { title, act, at, fault, detail, service } of faults) {
    it(`ends with ${fault} at a server that ${title}`, async () => {
      const wants = { patience: fault === 'stalled' ? 0.5 : 10, ...(service ? { service } : {}) };

      const { steps } = await talkTo(act, wants);

      const last = steps.at(-1);
      assert.deepEqual([last?.step, last?.fault], [at, fault], JSON.stringify(steps));
      if (detail) assert.match(last?.detail ?? '', detail);
      assert.equal(steps.filter((one) => one.fault !== undefined).length, 1);
    });
  }

  it('says what keeps it from connecting', async () => {
    const gone = await peer(() => undefined);
    await gone.close();
    const closed = await converse((signal) => reach('127.0.0.1', gone.port, signal), topic);
    const nameless = await converse((signal) => reach('peer.invalid', 25, signal), topic);
    const silent = await converse((signal) => new Promise((_, reject) => signal.addEventListener('abort', reject)), {
      ...topic,
      patience: 0.2,
    });

    const fault = (one: Conversation) => one.steps.map(({ step, fault }) => [step, fault]);
    assert.deepEqual(fault(closed), [['connect', 'port-closed']]);
    assert.deepEqual(fault(nameless), [['connect', 'not-found']]);
    assert.deepEqual(fault(silent), [['connect', 'stalled']]);
  });
});

function selfSigned(name: string): SecureContextOptions {
  const folder = temporaryFolder();
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem'];
  openssl(folder, ['req', '-x509', ...key, '-out', 'cert.pem', '-days', '1', '-subj', `/CN=${name}`]);
  const [tlsKey, cert] = ['key.pem', 'cert.pem'].map((file) => readFileSync(join(folder, file)));
  removeFolder(folder);
  return { key: tlsKey, cert, ciphers: 'DEFAULT:@SECLEVEL=0' };
}

function endless(text: string): (socket: Socket) => void {
  return (socket) => {
    const more = () => {
      while (!socket.destroyed && socket.write(text));
    };
    socket.on('drain', more);
    more();
  };
}

/** A byte now and then: never silent for long, and never done. */
function drip(socket: Socket): void {
  const timer = setInterval(() => socket.write('2'), 50);
  socket.on('close', () => clearInterval(timer));
}

/** What a client takes for a record that no version of TLS has. */
function garbage(socket: Socket): void {
  socket.write('220 go\r\n');
  socket.resume().once('data', () => socket.write('this is not TLS at all\r\n'));
}

/** A fatal alert, handshake_failure (RFC 8446 6.2). */
function alert(socket: Socket): void {
  socket.write('220 go\r\n');
  socket.resume().once('data', () => socket.end(Buffer.from('15030300020228', 'hex')));
}
