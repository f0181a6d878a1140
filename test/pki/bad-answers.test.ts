import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';

import fc from 'fast-check';

import { isNamed } from '../../services/errors.ts';
import { readAnswer } from '../../services/pki/answer.ts';
import { readBundle } from '../../services/pki/bundle.ts';
import { chainFacts } from '../../services/pki/chain-facts.ts';
import { complete } from '../../services/pki/material.ts';
import { requestOf } from '../../services/pki/requests/renewed.ts';
import { badAnswers, badBundles, type BadFiles } from './bad-answers.ts';
import { der } from './bad-inputs.ts';
import { makeHierarchy, openssl, removeFolder, temporaryFolder, texts, withoutOpenssl } from './openssl.ts';

describe('bad answers and trust lists', { skip: withoutOpenssl }, () => {
  const folder = temporaryFolder();
  before(() => makeHierarchy(folder, 'ec'));
  after(() => removeFolder(folder));

  function answer(files: readonly (string | Uint8Array)[]): void {
    const { certificates } = readAnswer(files.map((one) => Buffer.from(one)));
    const { chain } = complete(createPrivateKey(texts(folder, 'leaf.key')), certificates, new Date());
    chainFacts(chain);
    requestOf(chain[0]);
  }
  function bundle(files: readonly (string | Uint8Array)[]): void {
    readBundle(files.map((one) => Buffer.from(one).toString()).join(''), new Date());
  }

  const tables: readonly (readonly [string, readonly BadFiles[], typeof answer])[] = [
    ['an answer', badAnswers, answer],
    ['a trust list', badBundles, bundle],
  ];
  for (const [what, cases, send] of tables) {
    for (const { name, code, reason, files } of cases) {
      it(`${name} as ${what} is refused as ${code}${reason === undefined ? '' : `, ${reason}`}`, () => {
        const given = files(folder);

        const { error, milliseconds } = outcome(() => send(given));

        assert.ok(isNamed(error), inspect(error));
        assert.deepEqual([error.code, error.facts['reason']], [code, reason]);
        assert.match(error.message, /; [a-z].*[^.]$/, 'the message says what to do next');
        assert.ok(milliseconds < 2000, `${milliseconds} ms: it holds up the event loop`);
      });
    }
  }

  it('made by changing good files give a named error or a good answer, and soon', () => {
    const certificates = ['-certfile', 'leaf.pem', '-certfile', 'intermediate.pem'];
    const good: readonly Buffer[] = [
      openssl(folder, ['crl2pkcs7', '-nocrl', ...certificates, '-outform', 'der']),
      openssl(folder, ['crl2pkcs7', '-nocrl', ...certificates]),
      der(folder, 'leaf.pem'),
      Buffer.from(texts(folder, 'leaf.pem', 'intermediate.pem')),
    ];

    for (const file of good) {
      fc.assert(
        fc.property(changes(file.length), ({ at, drop, insert }) => {
          const damaged = Buffer.concat([file.subarray(0, at), insert, file.subarray(at + drop)]);
          const { error, milliseconds } = outcome(() => answer([damaged]));
          assert.ok(error === undefined || isNamed(error), inspect(error));
          assert.ok(milliseconds < 2000, `${milliseconds} ms: ${damaged.toString('base64')}`);
        }),
        { numRuns: 250 },
      );
    }
  });

  it('of random bytes are refused, also when they begin as DER does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, asDer) => {
        const file = asDer ? Buffer.concat([Buffer.from([0x30, 0x82, 0x01, 0x00]), bytes]) : bytes;
        assert.ok(isNamed(outcome(() => answer([file])).error));
      }),
    );
  });
});

/** A byte replaced or inserted, some left out, or the end cut off. */
function changes(length: number) {
  return fc.record({
    at: fc.nat(length - 1),
    drop: fc.oneof(fc.nat(2), fc.nat(300), fc.constant(length)),
    insert: fc.uint8Array({ maxLength: 3 }),
  });
}

function outcome(action: () => unknown): { readonly error: unknown; readonly milliseconds: number } {
  const start = performance.now();
  try {
    action();
    return { error: undefined, milliseconds: performance.now() - start };
  } catch (error) {
    return { error, milliseconds: performance.now() - start };
  }
}
