/** Files in one folder of another host, over SFTP; the connection is pinned like any other of Signet's. */
import type { SFTPWrapper, Stats } from 'ssh2';

import { isNamed, NamedError } from '../errors.ts';
import { dial, unreachable, type Address, type Login } from './ssh.ts';

/** No text is longer. */
const mostBytes = 512 * 1024 * 1024;
const pieceBytes = 256 * 1024;

export interface RemoteFolder {
  /** Writes a new file of mode 0600, all the way to the disk where the server can. */
  create(name: string, content: Buffer): Promise<void>;
  /** Undefined when it is not there. */
  read(name: string): Promise<Buffer | undefined>;
  rename(from: string, to: string): Promise<void>;
  /** Nothing happens when it is not there. */
  remove(name: string): Promise<void>;
  close(): void;
}

/** Logs in. Everything throws a NamedError that says what did not work, `unreachable` when the connection is lost meanwhile. */
export async function sftpFolder(at: Address, login: Login, pinned: string, folder: string): Promise<RemoteFolder> {
  const client = await dial(at, login, pinned);
  const gone = new Promise<never>((_resolve, reject) => client.on('close', () => reject(unreachable(at))));
  gone.catch(() => undefined);
  const sftp = await ask<SFTPWrapper>('be opened', (done) => client.sftp(done)).catch((error: unknown) => {
    client.end();
    throw error;
  });
  const path = (name: string) => `${folder.replace(/\/+$/, '')}/${name}`;
  return {
    async create(name, content) {
      const handle = await ask<Buffer>('be written to', (done) => sftp.open(path(name), 'wx', { mode: 0o600 }, done));
      try {
        // The mode of a new file is masked by that of the server's process.
        await ask('be written to', (done) => sftp.fchmod(handle, 0o600, done));
        await ask('be written to', (done) => sftp.write(handle, content, 0, content.length, 0, done));
        await flush(handle);
      } finally {
        await ask('be written to', (done) => sftp.close(handle, done)).catch(ifNamed);
      }
    },
    async read(name) {
      const handle = await ask<Buffer | undefined>('be read', (done) =>
        sftp.open(path(name), 'r', (error, opened) => (isMissing(error) ? done() : done(error, opened))),
      );
      if (!handle) return undefined;
      try {
        return await content(name, handle);
      } finally {
        await ask('be read', (done) => sftp.close(handle, done)).catch(ifNamed);
      }
    },
    async rename(from, to) {
      await ask('be written to', (done) => sftp.rename(path(from), path(to), done));
    },
    async remove(name) {
      await ask('be written to', (done) => sftp.unlink(path(name), (error) => done(isMissing(error) ? null : error)));
    },
    close: () => client.end(),
  };

  /** Piece by piece, and within a limit whatever the server says: what is there need not be what was written. */
  async function content(name: string, handle: Buffer): Promise<Buffer> {
    const { size } = await ask<Stats>('be read', (done) => sftp.fstat(handle, done));
    const pieces: Buffer[] = [];
    for (let length = 0; Math.max(length, size) <= mostBytes;) {
      const piece = Buffer.allocUnsafe(pieceBytes);
      const count = await ask<number>('be read', (done) =>
        sftp.read(handle, piece, 0, pieceBytes, length, (error, read) => done(error, read)),
      );
      if (count === 0) return Buffer.concat(pieces);
      pieces.push(piece.subarray(0, count));
      length += count;
    }
    throw new NamedError(
      'precondition-failed',
      `${name} in ${folder} on ${at.host} is larger than any configuration file; look at what it is, and remove it there`,
    );
  }

  /** An extension of OpenSSH's: what a server without it has taken is read back all the same. */
  async function flush(handle: Buffer): Promise<void> {
    await ask('be written to', (done) => {
      try {
        sftp.ext_openssh_fsync(handle, done);
      } catch {
        done(null);
      }
    });
  }

  function ask<T>(what: string, start: (done: (error?: Error | null, value?: T) => void) => void): Promise<T> {
    const answered = new Promise<T>((resolve, reject) => {
      const failed = (error: unknown) => reject(refused(what, error));
      try {
        start((error, value) => (error ? failed(error) : resolve(value as T)));
      } catch (error) {
        failed(error);
      }
    });
    answered.catch(() => undefined);
    return Promise.race([answered, gone]);
  }

  function refused(what: string, cause: unknown): NamedError {
    const code = codeOf(cause);
    if (code === undefined) return unreachable(at, cause);
    const why = reasons.get(code) ?? `the server says "${cause instanceof Error ? cause.message : String(cause)}"`;
    return new NamedError('precondition-failed', `${folder} on ${at.host} cannot ${what}: ${why}`, { cause });
  }
}

/** draft-ietf-secsh-filexfer-02, section 7; 4 is all that a server says of a full disk. */
const reasons = new Map([
  [2, 'it is not there; make it, or name another one'],
  [3, 'it may not; let the user of the login write there'],
  [4, 'the server says no more than that it failed; look whether its disk is full'],
]);

function codeOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'number' ? code : undefined;
}

function isMissing(error: unknown): boolean {
  return codeOf(error) === 2;
}

function ifNamed(error: unknown): void {
  if (!isNamed(error)) throw error;
}
