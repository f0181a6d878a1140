import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { running, type Running } from './running.ts';

const passphrase = 'quiet-river-under-stone';
const at = '/configuration-files/schedule';

let api: Running;
let folder: string;
before(async () => {
  api = await running();
  folder = mkdtempSync(join(tmpdir(), 'signet-saves-'));
});
after(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

describe('a save schedule', () => {
  it('is set, saves real files that load again, is shown, and ends', async () => {
    const body = { every: '03:30', keep: 7, folder, passphrase };
    assert.equal((await api.ask(`GET ${at}`)).problem, 'not-found');
    assert.equal((await api.ask(`POST ${at}`, { body: { ...body, every: 'often' } })).problem, 'invalid-input');
    assert.equal((await api.ask('GET /health')).as('health').saves, undefined);

    const set = (await api.ask(`POST ${at}`, { body })).as('save-schedule-view');
    const early = await api.ask(`POST ${at}/run`);
    await api.join('mx1');
    const saved = (await api.ask(`POST ${at}/run`)).as('saved-file');
    const shown = (await api.ask(`GET ${at}`)).as('save-schedule-view');

    assert.deepEqual([set.every, set.keep, set.files, set.set.by], ['03:30', 7, [], 'anna']);
    assert.equal(early.problem, 'precondition-failed');
    assert.deepEqual([saved.proven, saved.machines, saved.inSync], [true, 1, 0]);
    assert.deepEqual([shown.files, shown.lastGood], [[saved], saved]);
    assert.deepEqual(readdirSync(folder), [saved.name]);
    const file = readFileSync(join(folder, saved.name), 'utf8');
    assert.equal((await api.ask('POST /configuration-files/load', { body: { file, passphrase } })).status, 200);
    assert.equal((await api.ask('GET /health')).as('health').saves, 'ok');

    assert.equal((await api.ask(`DELETE ${at}`)).status, 204);
    assert.equal((await api.ask(`POST ${at}/run`)).problem, 'not-found');
    const entries = (await api.ask('GET /audit?limit=20')).as('audit-list').entries;
    const told = entries.map(({ action, object, outcome, detail }) => [action, object, outcome, detail]);
    assert.ok(told.some((one) => one.join(' ') === `run-save-schedule /revisions/${saved.revision} ok ${saved.name}`));
    assert.ok(told.some(([action, , outcome]) => action === 'end-save-schedule' && outcome === 'ok'));
  });

  it('is for administrators alone', async () => {
    for (const request of [`GET ${at}`, `POST ${at}/run`, `DELETE ${at}`])
      assert.equal((await api.ask(request, { token: api.tokens.operator })).problem, 'forbidden');
  });

  it('that fails shows in the health of the controller', async () => {
    await api.ask(`POST ${at}`, { body: { every: '24h', keep: 7, folder: join(folder, 'nowhere'), passphrase } });

    const run = await api.ask(`POST ${at}/run`);

    assert.match(run.as('problem').detail ?? '', /nowhere cannot be written to: it is not there/);
    assert.equal((await api.ask('GET /health')).as('health').saves, 'failing');
  });
});
