// The verb `digests`: of files only what is a certificate, of tables only those that Postfix asks; with each sh.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';

import { skipLab, startLab, type Lab } from '../../lab/harness.ts';
import { joinAs, type Controller } from './controller.ts';

const program = '/usr/local/lib/signet/gateway';
const table = 'hash:/etc/postfix/tls_policy';

describe('digests', { skip: skipLab }, () => {
  let lab: Lab;
  let mx1: Controller;
  let inside: (script: string) => Promise<string>;
  before(async () => {
    lab = await startLab('gateway-digests', 1);
    mx1 = await joinAs(lab.gateways[0]);
    ({ inside } = mx1.gateway);
    await inside(`set -e; cd /root
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=mx -keyout key.pem -out mx.pem 2>/dev/null
cat key.pem mx.pem >both.pem; : >empty
printf 'b.test encrypt\\na.test none\\n' >/etc/postfix/tls_policy; postmap ${table}
postconf -e smtp_tls_policy_maps=${table}`);
  });
  after(() => lab.down());

  async function digests(...names: readonly string[]): Promise<readonly string[]> {
    const lines = (await inside(`${program} digests ${names.join(' ')} || true`)).trimEnd().split('\n');
    assert.equal(lines.at(-1), 'end');
    return lines.slice(0, -1).map((line, index) => {
      assert.ok(line.endsWith(` ${names[index] ?? ''}`), line);
      return line.split(' ')[1] ?? '';
    });
  }

  for (const shell of ['dash', 'busybox']) {
    const skip = existsSync(`/usr/bin/${shell}`) ? false : `needs ${shell}`;
    describe(`told by the sh of ${shell}`, { skip }, () => {
      before(() => inside(`ln -sf ${shell} /usr/bin/sh`));

      it('are of certificates, whatever else is in their file, and never of a key', async () => {
        const [pem, both, key, empty, shadow, none] = await digests(
          ...['/root/mx.pem', '/root/both.pem', '/root/key.pem', '/root/empty', '/etc/shadow', '/root/none'],
        );

        assert.equal(pem, (await inside('sha256sum </root/mx.pem')).split(' ')[0]);
        assert.deepEqual([both, key, shadow, none], [pem, empty, empty, '-']);
      });

      it('are of the rows of a table, in whatever order they were put there, and of no table that Postfix does not ask', async () => {
        const [first, other] = await digests(table, 'texthash:/etc/passwd');
        await inside(`printf 'a.test none\\nb.test encrypt\\n' >/etc/postfix/tls_policy; postmap ${table}`);
        const [again] = await digests(table);
        await inside(`printf 'a.test none\\nb.test may\\n' >/etc/postfix/tls_policy; postmap ${table}`);
        const [changed] = await digests(table);
        await inside(`printf 'b.test encrypt\\na.test none\\n' >/etc/postfix/tls_policy; postmap ${table}`);

        assert.match(first ?? '', /^[0-9a-f]{64}$/);
        assert.deepEqual([again, other], [first, '-']);
        assert.notEqual(changed, first);
      });
    });
  }

  it('are refused for what is neither', async () => {
    assert.match(
      await inside(`${program} digests mx.pem || true`),
      /^refused bad-request 'mx.pem' is no path and no table\nend/,
    );
  });
});
