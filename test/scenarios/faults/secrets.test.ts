// A private key is on the gateway that serves it, and nowhere else in clear: not in the store, logs, arguments or answers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join as path } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { after, before, describe, it, type TestContext } from 'node:test';

import { skipLab, type Gateway } from '../../lab/harness.ts';
import { amend, bind, commit, ended, join, rollOut, startScenario, type Scenario } from '../harness.ts';
import { makeChain } from './chain.ts';
import { isOutcome, set } from './steps.ts';

describe('the base64 of a private key', { skip: skipLab }, () => {
  const chain = makeChain('secret.example.test', ['-newkey', 'rsa:2048']);
  let scenario: Scenario;
  let mx1: Gateway;
  let windows: readonly string[] = [];
  /** Of every process of this machine, gateways included, as often as could be looked. */
  const processes = new Set<string>();
  before(async () => {
    scenario = await startScenario('faults-secrets', 1);
    const { signetd } = scenario;
    assert.ok(scenario.gateways[0]);
    mx1 = scenario.gateways[0];
    const over = new AbortController();
    const watching = watch(processes, over.signal);
    await join(signetd, mx1);
    // One key that was brought, and one that Signet made.
    await bind(signetd, 'cluster', 'mx', { pem: chain.key + chain.certificates });
    await amend(signetd, set('/listeners/public/certificate', 'mx'));
    isOutcome(await rollOut(signetd, 'brought'), 'confirmed');
    windows = windowsOf(chain.key);
    await bind(signetd, 'cluster', 'mx');
    await signetd.api('GET', '/drafts/me/diff');
    const { rollout = 0 } = await commit(signetd, 'made');
    isOutcome(await ended(signetd, rollout), 'confirmed');
    windows = [...windows, ...windowsOf(await mx1.inside('cat /var/lib/signet/current/files/certificates/mx.pem'))];
    for (const what of ['manifest', 'status', 'effective']) await signetd.api('GET', `/machines/mx1/${what}`);
    for (const what of ['certificates', 'revisions/3', 'audit']) await signetd.api('GET', `/${what}`);
    over.abort();
    await watching;
  });
  after(() => scenario.down());

  const found = (text: string): boolean => windows.some((window) => text.includes(window));

  it('is what is looked for: it is on the gateway, in files that root alone reads', async () => {
    const files = await mx1.inside(
      `cd /var/lib/signet && grep -rlF -e '${windows.join("' -e '")}' . | xargs stat -c '%a %U %n'`,
    );

    assert.match(files, /^600 root .*\/generations\/\d+\/files\/certificates\/mx\.pem$/m);
    for (const file of files.trim().split('\n')) assert.match(file, /^600 root /);
  });

  it('is nowhere else on the gateway', async () => {
    const searched = 'find / -xdev -type f -not -path "/var/lib/signet/generations/*" -newer /etc/hostname';
    const list = await mx1.inside(`${searched} -exec grep -lF -e '${windows.join("' -e '")}' {} + || true`);

    assert.equal(list, '');
  });

  it('is in no file of the controller, its store and its log included', () => {
    const { state } = scenario.signetd;
    const files = readdirSync(state);

    assert.ok(files.includes('signet.db') && files.includes('log'));
    assert.deepEqual(
      files.filter((file) => found(readFileSync(path(state, file), 'latin1'))),
      [],
    );
  });

  it('is in no answer of the API', () => {
    const { answers } = scenario.signetd;

    assert.ok(answers.length > 20);
    assert.equal(answers.filter(found).length, 0);
  });

  it('is in no argument and no environment of any process while it is pushed', async (t: TestContext) => {
    const leak = spawn('sleep', ['60'], { env: { LEAK: windows[0] } });
    const leaky = new Set<string>();
    sample(leaky);
    leak.kill();

    t.diagnostic(`${processes.size} different arguments and environments`);
    assert.ok([...leaky].some(found), 'it would be seen');
    assert.ok(
      [...processes].some((text) => text.includes('/usr/local/lib/signet/gateway')),
      'the gateway was watched',
    );
    assert.equal([...processes].filter(found).length, 0);
    await turn();
  });
});

/** Pieces of the key's base64, each within one line of its PEM, beginning where the part that all keys share is over. */
function windowsOf(pem: string): readonly string[] {
  const body = /-----BEGIN PRIVATE KEY-----\n([^-]*)-----END/.exec(pem)?.[1] ?? '';
  const lines = body.split('\n').filter((line) => line.length >= 52);
  assert.ok(lines.length > 1);
  return lines.slice(1).flatMap((line) => [line.slice(0, 40), line.slice(12, 52)]);
}

/** Looks again and again until `signal` aborts. */
async function watch(into: Set<string>, signal: AbortSignal): Promise<void> {
  const over = () => signal.aborted;
  while (!over()) {
    sample(into);
    await turn();
  }
}

function sample(into: Set<string>): void {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    for (const file of ['cmdline', 'environ']) {
      try {
        into.add(readFileSync(`/proc/${pid}/${file}`, 'latin1'));
      } catch {
        // It has ended.
      }
    }
  }
}
