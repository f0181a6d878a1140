/** Plays every scenario with the real binary over real HTTP. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { stripVTControlCharacters } from 'node:util';

import { goodToken, recordedController, type Recorded, type RecordedController } from './recorded-controller.ts';
import { runSignet, type Ran } from './run-signet.ts';
import { readScenario, type Scenario, type Step } from './scenario.ts';

const folder = join(process.cwd(), 'test/cli');
const now = Date.now();
const fleet = readJson('fleet.json') as Readonly<Record<string, unknown>>;
const views = readJson('views.json') as Readonly<Record<string, unknown>>;
const hasScript = spawnSync('script', ['--version']).status === 0;

describe('signet on the command line', () => {
  for (const name of readdirSync(join(folder, 'scenarios')).sort()) {
    const scenario = readScenario(fill(readFileSync(join(folder, 'scenarios', name), 'utf8')), views);
    const skip =
      !hasScript && scenario.steps.some(({ terminal }) => terminal) ? 'script (util-linux) is not installed' : false;
    it(`${name.replace('.txt', '')}: ${scenario.title}`, { skip }, () => play(scenario));
  }
});

async function play(scenario: Scenario): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'signet-cli-'));
  const recorded = new Map(
    Object.entries(fleet).map(([call, body]): [string, Recorded[]] => [call, [{ status: 200, body }]]),
  );
  const controller = await recordedController({
    answers: new Map([...recorded, ...scenario.answers]),
    streams: scenario.streams,
  });
  try {
    for (const [file, bytes] of scenario.files) writeFileSync(join(home, file), bytes);
    for (const step of scenario.steps) await playStep(step, home, controller);
    assert.deepEqual(controller.faults, []);
  } finally {
    await controller.close();
    rmSync(home, { recursive: true });
  }
}

async function playStep(step: Step, home: string, controller: RecordedController): Promise<void> {
  const before = controller.asked.length;
  const env = { HOME: home, TERM: 'xterm', SIGNET_URL: controller.url, SIGNET_TOKEN: goodToken };

  const ran = await runSignet(step, home, env);

  const expected = (lines: readonly string[]) => lines.map((line) => line.replaceAll('{{url}}', controller.url));
  const asked = controller.asked
    .slice(before)
    .map(({ call, body, ifMatch }) =>
      [call, body === undefined ? '' : JSON.stringify(body), ifMatch === undefined ? '' : `if-match ${ifMatch}`]
        .filter((part) => part !== '')
        .join(' '),
    );
  const about = `$ ${step.line}\n${ran.stdout}${ran.stderr}`;
  if (step.stdout.length > 0 || step.somewhere.length === 0)
    assert.deepEqual(seen(ran, step), expected(step.stdout), about);
  for (const text of expected(step.somewhere)) assert.ok(shown(ran.stdout).includes(text), `${about}\nlacks ${text}`);
  if (!step.terminal) assert.deepEqual(lines(ran.stderr), expected(step.stderr), about);
  assert.equal(ran.exit, step.exit, about);
  if (step.asked.length > 0)
    assert.deepEqual(
      asked.filter((call) => !call.startsWith('GET') || step.asked.includes(call)),
      step.asked,
    );
}

function seen({ stdout }: Ran, { terminal }: Step): readonly string[] {
  return lines(terminal ? shown(stdout) : stdout);
}

/** What a terminal shows, near enough: no colours, nothing that was erased on its line. */
function shown(text: string): string {
  return stripVTControlCharacters(text).replaceAll('\r', '');
}

function lines(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n');
}

function readJson(name: string): unknown {
  return JSON.parse(fill(readFileSync(join(folder, 'answers', name), 'utf8')));
}

function fill(text: string): string {
  // The end of the day, so that the number of days until then does not change while the tests run.
  const day = (days: string) => `${new Date(now + Number(days) * 86_400_000).toISOString().slice(0, 10)}T23:59:59.999Z`;
  return text
    .replaceAll(/\{\{time\+(\d+)\}\}/g, (_, days: string) => day(days))
    .replaceAll(/\{\{date\+(\d+)\}\}/g, (_, days: string) => day(days).slice(0, 10));
}
