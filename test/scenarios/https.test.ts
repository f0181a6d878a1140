// HTTPS of an interface by a real nginx on a gateway: served, renewed, refused and taken back without harm to what else it serves.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { get as getPlain, type IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { text } from 'node:stream/consumers';
import { TLSSocket } from 'node:tls';
import { after, before, describe, it } from 'node:test';

import type { CertificateView, MachineStatus } from '../../services/schema/types.generated.ts';
import { skipLab, type Gateway } from '../lab/harness.ts';
import { again, amend, bind, commit, join, rollOut, startScenario, type Scenario } from './harness.ts';
import { Refused } from './signetd.ts';

const skip = skipLab || (existsSync('/usr/sbin/nginx') ? false : 'needs nginx: run "npm run setup"');

describe('the HTTPS service of an interface', { skip }, () => {
  let scenario: Scenario, gateway: Gateway;

  before(async () => {
    scenario = await startScenario('https', 1, { probeSeconds: 2 });
    gateway = scenario.gateways[0] ?? assert.fail('the lab is not up');
    await join(scenario.signetd, gateway);
    await gateway.inside(`mkdir -p /etc/nginx/signet.d/main
      echo "location = /who { default_type text/plain; return 200 'by Signet'; }" >/etc/nginx/signet.d/main/who.conf
      cat >/etc/nginx/sites-enabled/default <<'END'
server { listen 80 default_server; location = /who { return 200 'by its owner'; } }
END`);
  });
  after(() => scenario.down());

  const set = (path: string, value: unknown) =>
    amend(scenario.signetd, { op: 'set', level: 'machine/mx1', path, value });
  const outcome = ({ outcomes: [one] }: Awaited<ReturnType<typeof rollOut>>) =>
    [one?.state, one?.detail ?? ''] as const;
  const look = () => scenario.signetd.api<MachineStatus>('POST', '/machines/mx1/probe');

  /** What is answered over HTTPS, and the SHA-256 of the certificate. */
  async function served(): Promise<readonly [answer: string, fingerprint: string]> {
    const options = { host: gateway.address, path: '/who', rejectUnauthorized: false, agent: false };
    const [response] = (await once(get(options), 'response')) as [IncomingMessage];
    assert.ok(response.socket instanceof TLSSocket);
    const { fingerprint256 } = response.socket.getPeerCertificate();
    return [await text(response), fingerprint256.replaceAll(':', '').toLowerCase()];
  }

  async function fingerprint(): Promise<string> {
    return (await scenario.signetd.api<CertificateView>('GET', '/certificates/cluster/web')).fingerprint;
  }

  /** The site of nginx's owner answers as ever, and HTTPS with the certificate that was deployed. */
  async function stands(certificate: string): Promise<void> {
    const [plain] = (await once(getPlain({ host: gateway.address, path: '/who', agent: false }), 'response')) as [
      IncomingMessage,
    ];
    assert.equal(await text(plain), 'by its owner');
    // After a reload nginx's old workers accept for a moment beside the new ones.
    const deadline = Date.now() + 5_000;
    let seen = await served();
    while (Date.now() < deadline && seen[1] !== certificate) {
      await sleep(100);
      seen = await served();
    }
    assert.deepEqual(seen, ['by Signet', certificate]);
  }

  it('waits for nginx to run', async () => {
    await look();
    await bind(scenario.signetd, 'cluster', 'web');
    await set('/interfaces/main/https', { certificate: 'web' });

    const refused = outcome(await rollOut(scenario.signetd, 'before nginx runs'));
    await gateway.inside('nginx');

    assert.deepEqual(refused, ['refused', 'not-running: nginx does not run here; start it, then push again']);
    assert.deepEqual(outcome(await again(scenario.signetd)), ['confirmed', '']);
  });

  it('serves its certificate beside what the owner of nginx serves', async () => {
    await stands(await fingerprint());
    const seen = (await look()).served.find(({ listener }) => listener === 'interfaces/main/https');
    assert.deepEqual([seen?.verdict, seen?.port], ['match', 443]);
  });

  it('serves the renewed certificate without a change of settings', async () => {
    const before = await fingerprint();
    await bind(scenario.signetd, 'cluster', 'web');

    assert.deepEqual(outcome(await rollOut(scenario.signetd, 'renewed')), ['confirmed', '']);

    assert.notEqual(await fingerprint(), before);
    await stands(await fingerprint());
  });

  it('is as it was when nginx does not take the settings', async () => {
    const before = await fingerprint();
    await set('/protocols/https/ciphers', 'NONSENSE');

    const [state, detail] = outcome(await rollOut(scenario.signetd, 'no such ciphers'));

    assert.equal(state, 'refused');
    assert.match(detail, /^invalid: nginx does not accept the new settings: .*no cipher match/);
    await stands(before);
    assert.equal(await gateway.inside('ls -A /etc/nginx | grep signet'), 'signet.d\n');
    await amend(scenario.signetd, { op: 'unset', level: 'machine/mx1', path: '/protocols/https/ciphers' });
  });

  it('is as it was when a port is taken, or nginx does not read what Signet gives it', async () => {
    const before = await fingerprint();
    await set('/interfaces/main/https', { certificate: 'web', port: 25 });
    const [taken, port] = outcome(await rollOut(scenario.signetd, "Postfix's port"));
    await set('/interfaces/main/https', { certificate: 'web' });
    await bind(scenario.signetd, 'cluster', 'web');
    await gateway.inside('cp /etc/nginx/nginx.conf /root && sed -i "/conf\\.d/d" /etc/nginx/nginx.conf');
    const [unread, include] = outcome(await rollOut(scenario.signetd, 'not included'));
    await gateway.inside('cp /root/nginx.conf /etc/nginx/nginx.conf');

    assert.deepEqual([taken, unread], ['refused', 'refused']);
    assert.match(port, /^port-taken: port 25 of all cannot be bound/);
    assert.match(include, /^invalid: \/etc\/nginx\/nginx\.conf does not include conf\.d\/\*\.conf/);
    await stands(before);
    assert.deepEqual(outcome(await again(scenario.signetd)), ['confirmed', '']);
  });

  it('is as it was when nginx does not take the change up', async () => {
    const before = await fingerprint();
    await gateway.inside('kill -STOP "$(cat /run/nginx.pid)"');
    await bind(scenario.signetd, 'cluster', 'web');

    const [state, detail] = outcome(await rollOut(scenario.signetd, 'not taken up'));
    await gateway.inside('kill -CONT "$(cat /run/nginx.pid)"');

    assert.equal(state, 'reverted');
    assert.match(detail, /^interfaces\/main\/https on .*:443: another certificate is served$/);
    await stands(before);
    assert.deepEqual(outcome(await again(scenario.signetd)), ['confirmed', '']);
  });

  it('is refused a port where another server of nginx listens', async () => {
    await gateway.inside(`echo 'server { listen 8443; }' >/etc/nginx/conf.d/other.conf && nginx -s reload`);
    await look();
    await set('/interfaces/main/https', { certificate: 'web', port: 8443 });

    await assert.rejects(commit(scenario.signetd, 'a taken port'), (error) => {
      return error instanceof Refused && error.message.includes('another server of nginx listens on *:8443 already');
    });

    await scenario.signetd.api('DELETE', '/drafts/me');
  });

  it('goes without a trace when it is unset', async () => {
    await amend(scenario.signetd, { op: 'unset', level: 'machine/mx1', path: '/interfaces/main/https' });

    assert.deepEqual(outcome(await rollOut(scenario.signetd, 'no HTTPS')), ['confirmed', '']);

    assert.equal(await gateway.inside('ls -A /etc/nginx/conf.d'), 'other.conf\n');
    const deadline = Date.now() + 5_000;
    // nginx takes the signal up in its own time.
    while (Date.now() < deadline && (await served().catch(() => undefined))) await sleep(100);
    await assert.rejects(served());
  });

  it('goes without a trace when the machine leaves and what was there before is restored', async () => {
    await set('/interfaces/main/https', { certificate: 'web' });
    assert.deepEqual(outcome(await rollOut(scenario.signetd, 'HTTPS once more')), ['confirmed', '']);

    await scenario.signetd.api('POST', '/machines/mx1/leave', { restoreOriginal: true });

    assert.equal(
      await gateway.inside('ls -A /etc/nginx/conf.d; nginx -t 2>&1 | tail -n 1'),
      'other.conf\nnginx: configuration file /etc/nginx/nginx.conf test is successful\n',
    );
  });
});
