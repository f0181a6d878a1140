// A file that was saved without secrets: readable wholly, loaded only where its keys are, and never taken over.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';

import { isNamed, type ErrorCode } from '../../services/errors.ts';
import type { ConfigurationFile } from '../../services/schema/types.generated.ts';
import { readAll } from '../../services/store/read-all.ts';
import { withoutOpenssl } from '../pki/openssl.ts';
import { cheaply, passphrase } from './cheaply.ts';
import { furnish, surroundings, type Surroundings } from './surroundings.ts';

describe('a configuration file without secrets', { skip: withoutOpenssl }, () => {
  let from: Surroundings;
  let to: Surroundings;
  let file = '';

  before(async () => {
    [from, to] = [await surroundings(), await surroundings()];
    await from.authorities.create('anna', { name: 'mail', subject: { commonName: 'Example Mail CA' } });
    await furnish(from);
    file = await from.backup.save({});
    await to.sshKey();
  });
  after(() => Promise.all([from.close(), to.close()]));

  async function refused(work: () => Promise<unknown>, code: ErrorCode, message: RegExp): Promise<NamedDetails> {
    const stored = await readAll(to.store, '');
    let details: NamedDetails = [];
    await assert.rejects(work(), (error: unknown) => {
      assert.ok(isNamed(error, code), String(error));
      assert.match(error.message, message);
      details = error.findings.map(({ detail }) => detail);
      return true;
    });
    assert.deepEqual(await readAll(to.store, ''), stored);
    return details;
  }

  it('is the file with secrets in all but those', async () => {
    const { secrets, ...rest } = JSON.parse(file) as ConfigurationFile;
    const { secrets: _secrets, ...others } = JSON.parse(await from.backup.save({ passphrase })) as ConfigurationFile;

    assert.deepEqual(rest, others);
    assert.equal(typeof secrets === 'object' && secrets.leftOut, true);
    assert.doesNotMatch(file, /PRIVATE KEY|AGE ENCRYPTED/);
    assert.equal(await from.backup.save({}), file);
  });

  it('is refused where its keys are not, and says whose they are', async () => {
    const details = await refused(
      () => to.backup.load('anna', file, { foreign: true }),
      'precondition-failed',
      /saved without secrets, and the key of certificates\/mx at cluster is not here; nothing was loaded/,
    );

    assert.equal(details.length, 4);
    assert.ok(details.some((detail) => /^missing key [0-9a-f]{64} of certificates\/mx at machine\/mx2$/.test(detail)));
    assert.ok(details.some((detail) => detail.endsWith('of the authority mail')));
  });

  it('is refused when it was changed, and when a passphrase is given that would prove nothing', async () => {
    const moved = file.replace('198.18.0.1', '203.0.113.1');

    await refused(
      () => to.backup.load('anna', moved, { foreign: true }),
      'invalid-input',
      /changed or damaged since it was saved/,
    );
    await refused(
      () => to.backup.load('anna', file, { passphrase, foreign: true }),
      'invalid-input',
      /no passphrase seals it/,
    );
  });

  it('is not taken over and not verified', async () => {
    for (const work of [
      () => to.backup.takeOver('anna', file, {}),
      () => to.backup.planTakeOver(file, {}),
      () => to.backup.verify(file),
    ])
      await refused(work, 'precondition-failed', /saved without secrets, so nothing can be restored from it/);
  });

  it('is loaded where its keys are', async () => {
    const sealed = await cheaply(await from.backup.save({ passphrase }));
    await to.backup.load('bert', sealed, { passphrase, foreign: true });
    await to.config.discard('bert');

    const { certificates, unknownMachines } = await to.backup.load('anna', file, { foreign: true });
    await to.config.commit('anna', { comment: 'as it was', rollout: false });

    assert.deepEqual([certificates, unknownMachines], [2, ['mx1', 'mx2']]);
    assert.deepEqual(await to.config.configuration(1), await from.config.configuration(1));
  });

  it('is what a file with secrets is not: open without a passphrase', async () => {
    const sealed = await from.backup.save({ passphrase });

    await refused(
      () => to.backup.load('anna', sealed, { foreign: true }),
      'invalid-input',
      /are encrypted; give the passphrase/,
    );
  });
});

type NamedDetails = readonly string[];
