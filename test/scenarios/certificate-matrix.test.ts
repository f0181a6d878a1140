/** The last step of the matrix: a certificate of each kind, issued in each way, is served by Postfix and verified from outside. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';

import type { CertificateView } from '../../services/schema/types.generated.ts';
import { certify } from '../certificates/matrix/authority.ts';
import { cells } from '../certificates/matrix/cells.ts';
import { skipLab, type Gateway } from '../lab/harness.ts';
import { removeFolder, temporaryFolder, withoutOpenssl } from '../pki/openssl.ts';
import { amend, full, join, rollOut, startScenario, type Scenario } from './harness.ts';

/** In the gate, the longest chain of the most common kind of key. */
const served = cells(full).filter(({ kind }) => full || kind === 'ec-p256');

describe('a gateway', { skip: skipLab || withoutOpenssl }, () => {
  let scenario: Scenario, gateway: Gateway;
  before(async () => {
    scenario = await startScenario('certificate-matrix', 1);
    gateway = scenario.gateways[0] ?? assert.fail('the lab is not up');
    await join(scenario.signetd, gateway);
  });
  after(() => scenario.down());

  for (const [number, cell] of served.entries()) {
    it(`serves ${cell.kind}, ${cell.issuance}, so that openssl verifies it`, async () => {
      const { signetd } = scenario;
      const name = `mx${number}`;
      const folder = temporaryFolder();
      try {
        await certify((path, body) => signetd.api('POST', path, body), folder, name, cell);
        await amend(signetd, { op: 'set', level: 'cluster', path: '/listeners/public/certificate', value: name });

        const { outcomes } = await rollOut(signetd, `serve ${name}`);

        assert.deepEqual(
          outcomes.map(({ state }) => state),
          ['confirmed'],
          JSON.stringify(outcomes),
        );
        const verify = ['-CAfile', 'trusted.pem', '-verify_hostname', `${name}.example.test`, '-verify_return_error'];
        const connect = ['s_client', '-starttls', 'smtp', '-connect', `${gateway.address}:25`, ...verify];
        const { stdout, stderr } = spawnSync('openssl', connect, { cwd: folder, input: 'QUIT\r\n', encoding: 'utf8' });
        assert.match(stdout, /^Verify return code: 0 \(ok\)$/m, stdout + stderr);
        const { fingerprint } = await signetd.api<CertificateView>('GET', `/certificates/cluster/${name}`);
        assert.equal(fingerprintOf(stdout), fingerprint);
      } finally {
        removeFolder(folder);
      }
    });
  }
});

/** The SHA-256 of the certificate in a text. */
function fingerprintOf(text: string): string {
  const { stdout } = spawnSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256'], {
    input: text,
    encoding: 'utf8',
  });
  return (stdout.split('=')[1] ?? '').trim().replaceAll(':', '').toLowerCase();
}
