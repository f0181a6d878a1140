// The text of the gateway script, and those of its parts that can be tried on any machine.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, it } from 'node:test';

const run = promisify(execFile);
const shells = [['dash'], ['busybox', 'sh']].filter(
  ([shell = '']) => spawnSync(shell, ['-c', 'true']).error === undefined,
);

describe('the gateway script', () => {
  it('is what the build makes of its parts, version included', async () => {
    const built = join(mkdtempSync(join(tmpdir(), 'signet-build-')), 'gateway');

    await run('deploy/gateway/build', [built]);

    assert.equal(
      readFileSync('deploy/gateway/gateway', 'utf8'),
      readFileSync(built, 'utf8'),
      'run deploy/gateway/build',
    );
  });

  it(
    'is clean by shellcheck',
    { skip: spawnSync('shellcheck', ['--version']).error ? 'needs shellcheck' : false },
    () => {
      const { stdout, status } = spawnSync(
        'shellcheck',
        ['--shell=sh', ...['gateway', 'carrier', 'build'].map((name) => `deploy/gateway/${name}`)],
        { encoding: 'utf8' },
      );

      assert.equal(status, 0, stdout);
    },
  );

  const analyze = spawnSync('systemd-analyze', ['--version']).error ? 'needs systemd-analyze' : false;
  it('has a boot hook that systemd can read', { skip: analyze }, () => {
    const { stderr } = spawnSync('systemd-analyze', ['verify', 'deploy/gateway/signet-revert.service'], {
      encoding: 'utf8',
    });

    assert.deepEqual(
      stderr.split('\n').filter((line) => line !== '' && !line.endsWith('not executable: No such file or directory')),
      [],
    );
  });

  it('evaluates nothing', () => {
    const code = readFileSync('deploy/gateway/gateway', 'utf8').replace(/^\s*#.*$/gm, '');

    assert.doesNotMatch(code, /\beval\b/);
  });

  for (const [shell = '', ...args] of shells) {
    it(`can be read by ${shell}`, () => {
      assert.equal(spawnSync(shell, [...args, '-n', 'deploy/gateway/gateway']).status, 0);
    });

    const ipv6 = existsSync('/proc/net/if_inet6') && readFileSync('/proc/net/if_inet6', 'utf8').includes('00000001 01');
    for (const [address, others] of [
      ['127.0.0.1', ['127.0.0.2']],
      ['::1', ['2001:db8::1', '127.0.0.1']],
      ['0.0.0.0', []],
      ['::', []],
    ] as const) {
      const skip = address.includes(':') && !ipv6 ? 'needs IPv6' : false;
      it(`under ${shell} finds in /proc what listens on ${address}`, { skip }, async () => {
        const server = createServer().listen({ host: address, port: 0, ipv6Only: true });
        await once(server, 'listening');
        const bound = server.address();
        const port = typeof bound === 'object' ? (bound?.port ?? 0) : 0;
        const ask = async (word: string, at: string): Promise<boolean> => {
          const code = `. deploy/gateway/parts/sockets.sh; ${word} ${at} ${port} && echo yes || echo no`;
          return (await run(shell, [...args, '-c', code])).stdout === 'yes\n';
        };

        const wildcard = address === '0.0.0.0' || address === '::';
        const asked = wildcard ? 'all' : address;
        assert.equal(await ask('listening', asked), true);
        assert.equal(await ask('occupied', asked), true);
        assert.equal(await ask('occupied', 'all'), true);
        for (const other of others) {
          assert.equal(await ask('listening', other), false, `listening on ${other}`);
          assert.equal(await ask('occupied', other), false, `occupied on ${other}`);
        }
        if (address === '::') assert.equal(await ask('occupied', '2001:db8::1'), true);
        if (address === '0.0.0.0') assert.equal(await ask('occupied', '127.0.0.2'), true);
        server.close();
      });
    }

    it(`under ${shell} knows the machine's own addresses`, async () => {
      const code = `. deploy/gateway/parts/sockets.sh
        for address in all 127.0.0.1 ${ipv6 ? '::1' : ''} 198.51.100.7 2001:db8::7; do has_address $address && echo $address; done; true`;

      const { stdout } = await run(shell, [...args, '-c', code]);

      assert.equal(stdout, ['all', '127.0.0.1', ...(ipv6 ? ['::1'] : [])].join('\n') + '\n');
    });
  }
});
