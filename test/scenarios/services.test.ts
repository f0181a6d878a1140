// Certificates for services beside Postfix, on a real gateway, and against a real server that demands one.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import { after, before, describe, it } from 'node:test';

import type {
  AuthorityView,
  CertificateView,
  MachineStatus,
  PrivateKey,
  TrustBundleDetail,
} from '../../services/schema/types.generated.ts';
import { acceptsMail, skipLab, type Gateway } from '../lab/harness.ts';
import { again, amend, bind, commit, join, rollOut, startScenario, type Scenario } from './harness.ts';
import { Refused } from './signetd.ts';

describe('a service beside Postfix', { skip: skipLab }, () => {
  let scenario: Scenario, gateway: Gateway, server: Server;
  const folder = '/etc/filter';

  before(async () => {
    scenario = await startScenario('services', 1, { probeSeconds: 3 });
    gateway = scenario.gateways[0] ?? assert.fail('the lab is not up');
    await join(scenario.signetd, gateway);
    server = await demandingServer();
    await gateway.inside(
      `mkdir -p ${folder} /etc/web /etc/signet/reload.d && chmod 755 /etc/signet /etc/signet/reload.d`,
    );
  });
  after(async () => {
    server.close();
    await scenario.down();
  });

  const set = (path: string, value: unknown) => amend(scenario.signetd, { op: 'set', level: 'cluster', path, value });
  const outcome = ({ outcomes: [one] }: Awaited<ReturnType<typeof rollOut>>) =>
    [one?.state, one?.detail ?? ''] as const;

  function issue(name: string, profile: 'client' | 'server') {
    const hostname = `${name}.example.test`;
    const request = { subject: { commonName: hostname }, alternativeNames: { dns: [hostname] } };
    return bind(scenario.signetd, 'cluster', name, { issue: { authority: 'own', profile, request } });
  }

  /** A server on the host that answers only who shows a certificate of the private authority, with its fingerprint. */
  async function demandingServer(): Promise<Server> {
    const { signetd } = scenario;
    await signetd.api('POST', '/authorities', { name: 'own', subject: { commonName: 'Own authority' } });
    const { bundle } = await signetd.api<AuthorityView>('GET', '/authorities/own');
    const { pem: root } = await signetd.api<TrustBundleDetail>('GET', `/trust-bundles/${bundle}`);
    await issue('server', 'server');
    const { pem, certificates } = await signetd.api<PrivateKey>('POST', '/certificates/cluster/server/key', {
      clear: true,
    });
    await gateway.inside(`cat >/etc/own-root.pem <<'END'\n${root}\nEND\n`);
    const options = { key: pem, cert: certificates, ca: root, requestCert: true, rejectUnauthorized: true };
    const made = createServer(options, (request, response) => {
      assert.ok(request.socket instanceof TLSSocket);
      response.end(request.socket.getPeerCertificate().fingerprint256.replaceAll(':', '').toLowerCase());
    });
    made.listen(0, gateway.address.replace(/\d+$/, '1'));
    await once(made, 'listening');
    return made;
  }

  /** What the server answers a user of the gateway; what curl says when it does not. */
  function ask(user: string, files = `--cert ${folder}/chain.pem --key ${folder}/key.pem`): Promise<string> {
    const { address, port } = server.address() as AddressInfo;
    const way = `--resolve server.example.test:${port}:${address} https://server.example.test:${port}/`;
    return gateway.inside(
      `su -s /bin/sh -c 'curl -sS --cacert /etc/own-root.pem ${files} ${way} 2>&1' ${user} || true`,
    );
  }

  async function fingerprint(name: string): Promise<string> {
    return (await scenario.signetd.api<CertificateView>('GET', `/certificates/cluster/${name}`)).fingerprint;
  }

  const status = () => scenario.signetd.api<MachineStatus>('POST', '/machines/mx1/probe');

  it('is refused a command that the machine does not allow, until it does', async () => {
    await issue('client', 'client');
    await set('/urlFiltering', {
      ...{ certificate: 'client', owner: 'www-data', group: 'www-data', mode: '0400', reload: 'filter' },
      paths: { chain: `${folder}/chain.pem`, key: `${folder}/key.pem` },
    });

    await assert.rejects(commit(scenario.signetd, 'too early'), (error) => {
      return error instanceof Refused && error.message.includes('the machine allows no command \\"filter\\"');
    });

    await gateway.inside(`printf '#!/bin/sh\\necho told >>/tmp/told\\n' >/etc/signet/reload.d/filter
      chmod 755 /etc/signet/reload.d/filter`);
    await status();
    assert.deepEqual(outcome(await rollOut(scenario.signetd, 'URL filtering')), ['confirmed', '']);
  });

  it('opens a server that demands a certificate to the user it is for, and to no other', async () => {
    assert.equal(await ask('www-data'), await fingerprint('client'));
    assert.match(await ask('www-data', ''), /alert|certificate required|handshake/i);
    assert.match(await ask('games'), /unable to set private key|could not load/i);
  });

  it('shows the renewed certificate without a change of its own settings', async () => {
    const before = await fingerprint('client');
    await issue('client', 'client');

    assert.deepEqual(outcome(await rollOut(scenario.signetd, 'renewed')), ['confirmed', '']);

    const renewed = await fingerprint('client');
    assert.notEqual(renewed, before);
    assert.equal(await ask('www-data'), renewed);
    assert.equal(await gateway.inside('cat /tmp/told'), 'told\ntold\n');
  });

  it('that serves TLS itself is proven by what it serves, and taken back when it does not serve it', async () => {
    await gateway.inside(`cat >/etc/signet/reload.d/web <<'END'
#!/bin/sh
[ ! -e /tmp/deaf ] || exit 0
[ ! -e /run/web.pid ] || kill "$(cat /run/web.pid)"
awk '/BEGIN CERTIFICATE/ { n++ } n > 1' /etc/web/web.pem >/run/above.pem
setsid openssl s_server -accept 8443 -quiet -cert /etc/web/web.pem -key /etc/web/web.pem -cert_chain /run/above.pem &
echo $! >/run/web.pid
END
      chmod 755 /etc/signet/reload.d/web`);
    await status();
    await issue('web', 'server');
    await set('/services/web', {
      ...{ certificate: 'web', paths: { combined: '/etc/web/web.pem' }, reload: 'web' },
      probe: { port: 8443, serverName: 'web.example.test' },
    });

    assert.deepEqual(outcome(await rollOut(scenario.signetd, 'a web server')), ['confirmed', '']);
    const good = await fingerprint('web');
    await gateway.inside('touch /tmp/deaf');
    await issue('web', 'server');
    const [state, detail] = outcome(await rollOut(scenario.signetd, 'not taken up'));

    assert.equal(state, 'reverted');
    assert.match(detail, /^services\/web on .*:8443: another certificate is served$/);
    const { served } = await status();
    const seen = served.find(({ listener }) => listener === 'services/web');
    assert.deepEqual([seen?.verdict, seen?.fingerprint], ['match', good]);
    await acceptsMail(gateway);
    await gateway.inside('rm /tmp/deaf');
    assert.deepEqual(outcome(await again(scenario.signetd)), ['confirmed', '']);
  });

  it('is told of when its link is taken away, and has it back when that is asked for', async () => {
    await gateway.inside(`rm ${folder}/key.pem`);

    assert.deepEqual((await status()).deployed?.drift, [`the link ${folder}/key.pem is gone`]);
    const [state, detail] = outcome(await again(scenario.signetd));
    assert.equal(state, 'refused');
    assert.match(detail, /^changed by hand: the link \/etc\/filter\/key.pem is gone; /);

    assert.deepEqual(outcome(await again(scenario.signetd, { overwriteDrift: true })), ['confirmed', '']);
    assert.deepEqual((await status()).deployed?.drift, []);
    assert.equal(await ask('www-data'), await fingerprint('client'));
  });

  it('loses its files and links when it goes', async () => {
    await amend(scenario.signetd, { op: 'unset', level: 'cluster', path: '/urlFiltering' });

    assert.deepEqual(outcome(await rollOut(scenario.signetd, 'no URL filtering')), ['confirmed', '']);

    assert.equal(await gateway.inside(`ls -A ${folder}; ls /var/lib/signet/current/files | grep url || true`), '');
  });
});
