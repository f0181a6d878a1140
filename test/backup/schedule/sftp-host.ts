/** A real sshd on loopback that lets in whom a test says, to SFTP alone; with a relay before it that can cut a connection. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { fingerprint } from '../../../services/push/ssh.ts';

const sshd = '/usr/sbin/sshd';

/** Why there can be none here; false when there can. */
export const skipSftp: string | false = process.getuid?.() !== 0 ? 'needs root' : isThere() ? false : `needs ${sshd}`;

export async function sftpHost(folder: string) {
  mkdirSync('/run/sshd', { recursive: true });
  const keyOf = (name: string) => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)]);
    return fingerprint(readFileSync(join(folder, `${name}.pub`), 'utf8'));
  };
  const hostKey = keyOf('host-key');
  const authorized = join(folder, 'authorized_keys');
  writeFileSync(authorized, '', { mode: 0o600 });
  const port = await freePort();
  const start = async (key: string) => {
    const settings = [
      ...[`Port ${port}`, 'ListenAddress 127.0.0.1', `HostKey ${join(folder, key)}`, 'PidFile none', 'UsePAM no'],
      ...[`AuthorizedKeysFile ${authorized}`, 'StrictModes no', 'PermitRootLogin prohibit-password'],
      ...['Subsystem sftp internal-sftp', 'ForceCommand internal-sftp'],
    ];
    writeFileSync(join(folder, 'sshd_config'), `${settings.join('\n')}\n`);
    const server = spawn(sshd, ['-D', '-e', '-f', join(folder, 'sshd_config')], { stdio: 'ignore' });
    const ended = once(server, 'exit');
    while (!(await answers(port))) await sleep(50);
    return async () => {
      server.kill();
      await ended;
    };
  };
  let stop = await start('host-key');

  /** How many bytes of the client pass before the connection is cut. */
  let allowed = Infinity;
  const relay = createServer((client) => {
    const server = connect(port, '127.0.0.1');
    let passed = 0;
    for (const end of [client, server]) end.on('error', () => undefined);
    server.pipe(client);
    client.on('data', (chunk: Buffer) => {
      passed += chunk.length;
      if (passed <= allowed) server.write(chunk);
      else for (const end of [client, server]) end.destroy();
    });
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');

  return {
    ...{ hostKey, port: (relay.address() as AddressInfo).port },
    letIn: (line: string) => writeFileSync(authorized, `restrict ${line}\n`),
    cutAfter: (bytes: number) => (allowed = bytes),
    /** As after a reinstallation. */
    async changeHostKey() {
      keyOf('other-key');
      await stop();
      stop = await start('other-key');
    },
    async close() {
      relay.close();
      await stop();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'data');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

function isThere(): boolean {
  try {
    accessSync(sshd, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
