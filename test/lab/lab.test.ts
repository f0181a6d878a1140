// The lab's promises to the tests that stand on it: gateways that answer, keep their disk over a power cut, and leave no trace.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { promisify } from 'node:util';

import { labCommand, labName, skipLab as skip } from './harness.ts';

const run = promisify(execFile);
const id = labName('labtest');
const lab = labCommand('labtest');

describe('the lab', { skip }, () => {
  after(() => lab('down'));

  it('makes a gateway that answers, and lists it', async () => {
    await lab('up', '1');

    const [gateway] = JSON.parse(await lab('list', '--json')) as Record<string, unknown>[];

    assert.equal(gateway?.['name'], 'mx1');
    assert.equal(gateway['hostname'], 'mx1.lab.example.test');
    assert.equal(gateway['state'], 'running');
    assert.equal((await inside('postfix status 2>&1; hostname -f')).at(-1), 'mx1.lab.example.test');
  });

  it('keeps the disk over a power cut, and boots with a new boot id and @reboot jobs before Postfix', async () => {
    await inside('echo kept >/etc/kept; echo lost >/run/lost');
    await inside(
      `echo '@reboot root pgrep -x master >/var/log/hook || echo hook first >/var/log/hook' >/etc/cron.d/hook`,
    );
    const before = await inside('cat /proc/sys/kernel/random/boot_id');

    await lab('kill', 'mx1');
    await lab('start', 'mx1');

    assert.deepEqual(await inside('cat /etc/kept /var/log/hook; ls /run/lost 2>/dev/null || true'), [
      'kept',
      'hook first',
    ]);
    assert.notDeepEqual(await inside('cat /proc/sys/kernel/random/boot_id'), before);
  });

  it('leaves nothing behind', async () => {
    await lab('down');

    const { stdout } = await run('sh', ['-c', 'ip netns; cat /proc/self/mounts; ip -o link show type bridge']);
    assert.doesNotMatch(stdout, new RegExp(`signet-(lab[-/ ])?${id}`));
    assert.equal(existsSync(`/run/signet-lab/${id}`), false);
  });
});

async function inside(script: string): Promise<string[]> {
  return (await lab('exec', 'mx1', 'sh', '-c', script)).trim().split('\n');
}
