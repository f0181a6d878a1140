/** Where the controller is and what proves who is asking, from the environment and well-known files. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { adminTokenFile, defaultPort, defaultStateFolder } from '../schema/locations.ts';
import { Failure } from './failure.ts';

export interface Connection {
  readonly url: URL;
  readonly token: string | undefined;
  /** Where the token was found, or where it was looked for; for messages. */
  readonly tokenSource: string;
  /** A private CA (PEM) that the controller's certificate may come from. */
  readonly ca: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads SIGNET_URL, SIGNET_TOKEN, SIGNET_TOKEN_FILE, SIGNET_CA and SIGNETD_STATE, and the token files behind them. */
export function connection(given: Environment): Connection {
  // Set but empty is how shells and unit files unset a variable.
  const env = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const url = address(env['SIGNET_URL'] ?? `http://127.0.0.1:${defaultPort}`);
  return { url, ...token(env, isLoopback(url.hostname)), ca: authority(env['SIGNET_CA']) };
}

function address(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    throw new Failure(
      'usage',
      `SIGNET_URL is "${text}", which is no address; write it like https://signet.example:${defaultPort}`,
    );
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new Failure('usage', `SIGNET_URL is ${url.origin}, and a token must not travel there unencrypted; use https`);
  }
  return url;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

function token(env: Environment, local: boolean): Pick<Connection, 'token' | 'tokenSource'> {
  if (env['SIGNET_TOKEN']) return { token: env['SIGNET_TOKEN'].trim(), tokenSource: 'SIGNET_TOKEN' };
  const named = env['SIGNET_TOKEN_FILE'];
  if (named) return { token: read(named, 'SIGNET_TOKEN_FILE'), tokenSource: named };
  const files = [join(env['XDG_CONFIG_HOME'] ?? join(env['HOME'] ?? homedir(), '.config'), 'signet', 'token')];
  // The admin token belongs to the controller on this machine, and is no business of another one.
  if (local) files.push(join(env['SIGNETD_STATE'] ?? defaultStateFolder, adminTokenFile));
  for (const file of files) {
    const text = readIfAllowed(file);
    if (text !== undefined) return { token: text, tokenSource: file };
  }
  return { token: undefined, tokenSource: files.join(' or ') };
}

function authority(file: string | undefined): string | undefined {
  return file ? read(file, 'SIGNET_CA') : undefined;
}

function read(file: string, variable: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new Failure(
      'usage',
      `${file}, which ${variable} names, cannot be read (${reason(cause)}); correct ${variable}`,
      { cause },
    );
  }
}

function readIfAllowed(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].includes(reason(cause))) return undefined;
    throw cause;
  }
}

function reason(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
