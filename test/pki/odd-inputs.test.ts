/** What people send that is not quite right and is taken all the same: each with the rules that it breaks, and their verdicts. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { verdicts } from '../../services/pki/lint/rules.ts';
import { installation, type Installation } from './installation.ts';
import { issue, makeHierarchy, openssl, removeFolder, temporaryFolder, texts, withoutOpenssl } from './openssl.ts';

interface OddInput {
  readonly name: string;
  readonly rules: readonly string[];
  readonly text: (folder: string) => string;
}

const names = 'subjectAltName=DNS:mail.example.test\n';

const oddInputs: readonly OddInput[] = [
  { name: 'nothing odd', rules: [], text: (folder) => whole(folder) },
  { name: 'a root', rules: ['root-included'], text: (folder) => whole(folder) },
  {
    name: 'no root',
    rules: ['missing-intermediate'],
    text: (folder) => texts(folder, 'leaf.key', 'leaf.pem', 'intermediate.pem'),
  },
  {
    name: 'no issuer at all',
    rules: ['missing-intermediate'],
    text: (folder) => texts(folder, 'leaf.key', 'leaf.pem'),
  },
  {
    name: 'the leaf last',
    rules: ['order'],
    text: (folder) => texts(folder, 'leaf.key', 'root.pem', 'intermediate.pem', 'leaf.pem'),
  },
  {
    name: 'an intermediate twice',
    rules: ['duplicate'],
    text: (folder) => whole(folder) + texts(folder, 'intermediate.pem'),
  },
  { name: 'everything twice', rules: ['duplicate'], text: (folder) => whole(folder) + whole(folder) },
  { name: 'CRLF line ends', rules: [], text: (folder) => whole(folder).replaceAll('\n', '\r\n') },
  { name: 'a byte order mark', rules: [], text: (folder) => `\uFEFF${whole(folder)}` },
  { name: 'carriage returns alone', rules: [], text: (folder) => whole(folder).replaceAll('\n', '\r') },
  {
    name: 'headers in a block (RFC 1421)',
    rules: [],
    text: (folder) => whole(folder).replaceAll('BEGIN CERTIFICATE-----\n', 'BEGIN CERTIFICATE-----\nComment: ours\n\n'),
  },
  {
    name: 'bag attributes and prose between blocks',
    rules: [],
    text: (folder) => whole(folder).replaceAll('-----BEGIN', 'Bag Attributes\n    friendlyName: mx\n-----BEGIN'),
  },
  {
    name: 'the request beside it',
    rules: ['passed-over'],
    text: (folder) => texts(folder, 'leaf.csr') + whole(folder),
  },
  {
    name: 'an encrypted key in PKCS#1',
    rules: [],
    text: (folder) => {
      const locked = openssl(folder, ['pkey', '-in', 'leaf.key', '-traditional', '-aes256', '-passout', 'pass:geheim']);
      return locked.toString() + whole(folder, '');
    },
  },
  {
    name: 'one authority and key under several validities, one of them expired',
    rules: ['spare-issuer', 'spare-issuer'],
    text: (folder) => {
      for (const days of ['-1', '5']) {
        issue(folder, 'intermediate', 'root', ['-out', `for${days}.pem`, '-days', days, '-extfile', 'authority.ext']);
      }
      return whole(folder) + texts(folder, 'for-1.pem', 'for5.pem');
    },
  },
  {
    name: 'an intermediate that the authority signed with before',
    rules: ['stale-issuer'],
    text: (folder) => {
      const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'old.key'];
      openssl(folder, ['req', ...key, '-subj', '/O=Test/CN=intermediate', '-out', 'old.csr']);
      issue(folder, 'old', 'root', ['-out', 'old.pem', '-days', '30', '-extfile', 'authority.ext']);
      return whole(folder) + texts(folder, 'old.pem');
    },
  },
  {
    name: 'authorities that certify each other',
    rules: ['root-included'],
    text: (folder) => {
      openssl(folder, ['req', '-new', '-key', 'root.key', '-subj', '/O=Test/CN=root', '-out', 'root.csr']);
      issue(folder, 'root', 'intermediate', ['-out', 'loop.pem', '-days', '5', '-extfile', 'authority.ext']);
      return whole(folder) + texts(folder, 'loop.pem');
    },
  },
  {
    name: 'an expired intermediate and no other',
    rules: ['expired-issuer'],
    text: (folder) => {
      issue(folder, 'intermediate', 'root', ['-out', 'gone.pem', '-days', '-1', '-extfile', 'authority.ext']);
      return texts(folder, 'leaf.key', 'leaf.pem', 'gone.pem') + root(folder);
    },
  },
  made('an expired certificate', ['expired'], names, ['-days', '-1']),
  made('a negative serial number', ['serial'], names, ['-set_serial', '-1']),
  made('a serial number of 21 bytes', ['serial'], names, ['-set_serial', `0x${'7f'.repeat(21)}`]),
  made('an unknown critical extension', ['unknown-critical-extension'], `${names}1.2.3.4=critical,DER:05:00\n`),
  made('an unknown extension that is not critical', [], `${names}1.2.3.4=DER:05:00\n`),
  made('no alternative name', ['no-alternative-name'], 'basicConstraints=CA:false\n'),
  made('a leaf that may sign', ['leaf-is-authority'], `${names}basicConstraints=critical,CA:true\n`),
  made('a purpose that is none of TLS', ['no-purpose'], `${names}extendedKeyUsage=emailProtection\n`),
  made('a signature with SHA-1', ['weak-signature'], names, ['-sha1']),
  made('the year 9999', ['long-validity'], names, ['-days', '2912000']),
  made('11 years', ['long-validity'], names, ['-days', '4000']),
  made('a name in an alphabet of its own', [], 'subjectAltName=DNS:xn--wgv71a.example.test\n'),
  made(
    'thousands of names',
    [],
    `subjectAltName=${Array.from({ length: 2000 }, (_, n) => `DNS:mx${n}.example.test`).join(',')}\n`,
  ),
];

describe('odd inputs', { skip: withoutOpenssl }, () => {
  const folder = temporaryFolder();
  let at: Installation;
  before(async () => {
    makeHierarchy(folder, 'ec');
    at = await installation();
  });
  after(async () => {
    await at.close();
    removeFolder(folder);
  });

  for (const { name, rules, text } of oddInputs) {
    it(`${name}: ${rules.length === 0 ? 'nothing to say' : rules.join(', ')}`, async () => {
      const { findings, facts } = await at.pki.importPem(text(folder), 'geheim');

      // The root that completes the chain is left out of every case but those that are about it.
      const told = findings.filter(({ rule }) => rule !== 'root-included' || rules.includes(rule));
      assert.deepEqual(
        told.map(({ rule }) => rule),
        rules,
      );
      for (const { rule, severity } of told) assert.equal(severity, verdicts[rule as keyof typeof verdicts]);
      assert.match(facts.subject, /CN=leaf/);
    });
  }
});

/** A key, its certificate, the intermediate and the root. */
function whole(folder: string, key = texts(folder, 'leaf.key')): string {
  return key + texts(folder, 'leaf.pem', 'intermediate.pem') + root(folder);
}

function root(folder: string): string {
  return texts(folder, 'root.pem');
}

/** A certificate of the leaf's key with these extensions and options. */
function made(name: string, rules: readonly string[], extensions: string, options: readonly string[] = []): OddInput {
  return {
    name,
    rules,
    text: (folder) => {
      writeFileSync(join(folder, 'odd.ext'), extensions);
      const given = options.includes('-days') ? options : [...options, '-days', '20'];
      issue(folder, 'leaf', 'intermediate', ['-out', 'odd.pem', '-extfile', 'odd.ext', ...given]);
      return texts(folder, 'leaf.key', 'odd.pem', 'intermediate.pem', 'root.pem');
    },
  };
}
