/** A controller's side of docs/gateway-protocol.md for these tests, written apart from services/push so that each can catch the other. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pack, type Header } from 'tar-stream';

import { acceptsMail, ssh, type Gateway, type Result, type Session } from '../../lab/harness.ts';

export const script = readFileSync('deploy/gateway/gateway', 'utf8');
export const version = /^version=(.*)$/m.exec(script)?.[1] ?? '';

export interface Controller {
  readonly gateway: Gateway;
  /** What `install` answered. */
  readonly installed: Result;
  /** Opens a session with the controller's own key. */
  open(verb: string): Session;
  /** Runs a verb that reads nothing, or only `input`. */
  ask(verb: string, input?: string | Buffer): Promise<Result>;
}

const folder = mkdtempSync(join(tmpdir(), 'signet-gateway-'));
export const controllerKey = join(folder, 'controller');
execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', controllerKey]);
export const publicKey = readFileSync(`${controllerKey}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');

/** What goes on the standard input of `sh -s install`. */
export function carrier(text = script): string {
  return readFileSync('deploy/gateway/carrier', 'utf8').replace('@gateway@\n', () => text);
}

/** Joins the gateway as `user`, over the administrator's login as root. */
export async function joinAs(gateway: Gateway | undefined, user = 'root'): Promise<Controller> {
  assert.ok(gateway);
  const bootstrap = ssh(gateway, `sh -s install ${publicKey} ${user}`);
  bootstrap.end(carrier());
  const installed = await bootstrap.result();
  assert.equal(installed.status, 0, installed.stderr + installed.lines.join('\n'));
  const open = (verb: string): Session => ssh(gateway, verb, { user, key: controllerKey });
  return {
    gateway,
    installed,
    open,
    ask(verb, input = '') {
      const session = open(verb);
      session.end(input);
      return session.result();
    },
  };
}

export interface Push {
  readonly digest: string;
  readonly base?: string;
  readonly epoch?: number;
  readonly script?: string;
  readonly window?: number;
  /** Generation and epoch that were reached, as far as the controller knows. */
  readonly reached?: string;
  /** Live files as believed, by path. */
  readonly believed?: Readonly<Record<string, string>>;
  /** Files of the generation, by path below files/. */
  readonly files?: Readonly<Record<string, string>>;
  /** New texts of live files, by path; each must be believed to be something. */
  readonly live?: Readonly<Record<string, string>>;
  /** What no controller would put into the bundle. */
  readonly odd?: Partial<Header> & Pick<Header, 'name'>;
  /** Lines of the plan after the live ones; no bundle is sent without any. */
  readonly plan?: readonly string[];
}

export async function request(push: Push): Promise<Buffer> {
  const { digest, base = '-', epoch = 1, believed = {}, window = 60 } = push;
  const archive = await bundle(push);
  const header = [
    `epoch ${epoch}`,
    `script ${push.script ?? version}`,
    ...(push.reached === undefined ? [] : [`reached ${push.reached}`]),
    `digest ${digest}`,
    `base ${base}`,
    ...Object.entries(believed).map(([path, text]) => `live ${path} ${sha256(text)}`),
    `window ${window}`,
    `bundle ${archive.length} ${sha256(archive)}`,
  ];
  return Buffer.concat([Buffer.from(header.join('\n') + '\n'), archive]);
}

async function bundle({ plan, files = {}, live = {}, believed = {}, odd }: Push): Promise<Buffer> {
  if (!plan) return Buffer.alloc(0);
  const archive = pack();
  const replaced = Object.entries(live).map(
    ([path, text]) => `live ${path} ${sha256(believed[path] ?? '')} ${sha256(text)}`,
  );
  archive.entry({ name: 'plan', mode: 0o600 }, [...replaced, ...plan].join('\n') + '\n');
  for (const [path, text] of Object.entries(files)) archive.entry({ name: `files/${path}`, mode: 0o600 }, text);
  for (const [path, text] of Object.entries(live)) archive.entry({ name: `live${path}`, mode: 0o600 }, text);
  if (odd) archive.entry(odd, '');
  archive.finalize();
  return buffer(archive);
}

export function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex');
}

/** A digest as of some manifest, made from a word so that tests stay readable. */
export function digestOf(word: string): string {
  return sha256(`manifest ${word}`);
}

/** Sends a push and reads up to the line that says how it went; `activated` leaves the session open for the verdict. */
export async function send(
  controller: Controller,
  push: Push,
): Promise<{ readonly session: Session; readonly answer: string }> {
  const session = controller.open('push 1');
  session.write(await request(push));
  for (;;) {
    const line = await session.line();
    if (line === undefined || /^(unchanged|activated|reverted|refused)/.test(line))
      return { session, answer: line ?? 'nothing' };
  }
}

/** A push that is confirmed at once. */
export async function deploy(controller: Controller, push: Push): Promise<void> {
  const { session, answer } = await send(controller, push);
  assert.match(answer, /^activated /);
  session.write('confirm\n');
  assert.match((await session.line()) ?? '', /^confirmed /);
  assert.equal((await session.result()).status, 0);
}

/** What `status` says, by key; of several lines under one key the last. */
export async function statusOf(controller: Controller): Promise<Readonly<Record<string, string>>> {
  const { status, lines } = await controller.ask('status');
  assert.equal(status, 0, lines.join('\n'));
  assert.equal(lines.at(-1), 'end');
  return Object.fromEntries(lines.map((line) => [line.split(' ', 1)[0] ?? '', line.slice(line.indexOf(' ') + 1)]));
}

export interface Standing {
  /** Digest of the generation that must be live, `-` for none. */
  readonly digest: string;
  /** How the last decided generation must have ended. */
  readonly outcome?: RegExp;
  readonly ports?: readonly number[];
}

/** The same outside check after every fault: mail on every prior listener, exactly one generation, and a status that says which. */
export async function stands(controller: Controller, { digest, outcome, ports = [25] }: Standing): Promise<void> {
  const status = await statusOf(controller);
  assert.equal(status['current']?.split(' ')[1], digest);
  assert.equal(status['pending'], undefined);
  assert.equal(status['reverting'], undefined);
  assert.equal(status['running'], 'yes');
  if (outcome) assert.match(status['outcome'] ?? '', outcome);
  for (const port of ports) await acceptsMail(controller.gateway, port);
  const left = await controller.gateway.inside(
    `cd /var/lib/signet/generations; for each in *; do [ "$each" = '*' ] || [ -e $each/digest ] || echo $each; done
     ls -d /var/lib/signet/bundle /etc/postfix/*.signet-* 2>/dev/null || true`,
  );
  assert.equal(left, '', 'nothing half-staged is left');
}

/** Waits until a pending generation is decided, and whoever decided it has let go of the lock. */
export async function isDecided({ gateway }: Controller): Promise<void> {
  await gateway.inside(`cd /var/lib/signet
    while [ -e pending ] || [ -e reverting ]; do sleep 0.1; done
    flock lock true`);
}

export const mainCf = '/etc/postfix/main.cf';
export const masterCf = '/etc/postfix/master.cf';

/** The live files as they are. */
export async function liveFiles({ gateway }: Controller): Promise<{ [mainCf]: string; [masterCf]: string }> {
  return { [mainCf]: await gateway.inside(`cat ${mainCf}`), [masterCf]: await gateway.inside(`cat ${masterCf}`) };
}

/** A private key and its certificate in one text, as a generation's chain file. */
export function pair(name: string): { readonly text: string; readonly key: string; readonly certificate: string } {
  const key = join(folder, `${name}.key`);
  const certificate = join(folder, `${name}.crt`);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc'];
  execFileSync('openssl', ['req', '-x509', ...curve, '-keyout', key, '-out', certificate, '-subj', `/CN=${name}`], {
    stdio: 'ignore',
  });
  const texts = { key: readFileSync(key, 'utf8'), certificate: readFileSync(certificate, 'utf8') };
  return { ...texts, text: texts.key + texts.certificate };
}
