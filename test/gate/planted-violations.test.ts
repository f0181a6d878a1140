/** A rule that never failed proves nothing: each rule of the gate is seen to fail on a violation planted in a copy of the tree. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';

const root = process.cwd();
let tree: string;

before(() => {
  tree = mkdtempSync(join(tmpdir(), 'signet-gate-'));
  const copied = ['services', 'schemas', 'package.json', 'tsconfig.json', 'eslint.config.js', 'knip.json'];
  for (const name of [...copied, '.dependency-cruiser.cjs', '.prettierignore']) {
    cpSync(join(root, name), join(tree, name), { recursive: true });
  }
  mkdirSync(join(tree, 'test'));
  symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
});

after(() => rmSync(tree, { recursive: true, force: true }));

function plant(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

function run(tool: string, ...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(join(root, 'node_modules/.bin', tool), args, {
    cwd: tree,
    encoding: 'utf8',
  });
  return { status, output: stdout === '' ? stderr : stdout };
}

describe('layers', () => {
  const planted: readonly { readonly rule: string; readonly path: string; readonly text: string }[] = [
    {
      rule: 'errors-imports-only-what-comes-before-it',
      path: 'errors.ts',
      text: "import './schema/json.ts';\nexport const planted = 1;\n",
    },
    {
      rule: 'config-imports-only-what-comes-before-it',
      path: 'config/planted.ts',
      text: "import type { Plan } from '../push/plan.ts';\nexport type P = Plan;\n",
    },
    {
      rule: 'no-cycles',
      path: 'pki/planted.ts',
      text: "import type { Q } from './planted-too.ts';\nexport type P = Q | 1;\n",
    },
    { rule: 'clients-speak-http', path: 'cli/planted.ts', text: "import '../config/levels.ts';\n" },
    { rule: 'nobody-imports-the-clients', path: 'controller/planted.ts', text: "import '../cli/main.ts';\n" },
    {
      rule: 'only-shells-touch-the-store',
      path: 'config/planted-store.ts',
      text: "import { keys } from '../store/keys.ts';\nexport const k = keys;\n",
    },
    { rule: 'platforms-are-pure', path: 'platforms/planted.ts', text: "import 'node:fs';\n" },
    { rule: 'no-tests-in-the-product', path: 'api/planted.ts', text: "import '../../test/planted.ts';\n" },
    { rule: 'not-to-unresolvable', path: 'api/planted-gone.ts', text: "import './gone.ts';\n" },
    { rule: 'only-the-adapter-imports-ssh2', path: 'membership/planted.ts', text: "import 'ssh2';\n" },
    { rule: 'only-the-adapter-imports-better-sqlite3', path: 'push/planted.ts', text: "import 'better-sqlite3';\n" },
  ];

  it('every planted violation is named by its rule', () => {
    for (const { path, text } of planted) plant(`services/${path}`, text);
    plant('services/pki/planted-too.ts', "import type { P } from './planted.ts';\nexport type Q = P | 2;\n");
    plant('test/planted.ts', 'export const planted = 1;\n');

    const { status, output } = run('depcruise', '--progress', 'none', 'services', 'test');

    assert.notEqual(status, 0);
    for (const { rule } of planted) assert.match(output, new RegExp(`error ${rule}:`));
    for (const { path } of planted) if (path !== 'errors.ts') rmSync(join(tree, 'services', path));
    rmSync(join(tree, 'services/pki/planted-too.ts'));
    rmSync(join(tree, 'test/planted.ts'));
    cpSync(join(root, 'services/errors.ts'), join(tree, 'services/errors.ts'));
  });
});

describe('lint', () => {
  const planted: readonly { readonly rule: string; readonly text: string }[] = [
    { rule: '@typescript-eslint/no-floating-promises', text: 'Promise.resolve(1);' },
    { rule: '@typescript-eslint/no-explicit-any', text: 'export const a = (x: any) => String(x);' },
    {
      rule: '@typescript-eslint/switch-exhaustiveness-check',
      text: "export function b(x: 'p' | 'q') { switch (x) { case 'p': return 1; } return 2; }",
    },
    { rule: 'no-restricted-syntax', text: 'export enum C { D }' },
    { rule: 'no-restricted-syntax', text: 'export default 1;' },
    { rule: '@typescript-eslint/no-unused-vars', text: 'const e = 1;' },
  ];
  it('every planted violation is named by its rule, in its file', () => {
    const paths = planted.map((_, index) => `services/schema/planted-${index}.ts`);
    planted.forEach(({ text }, index) => plant(paths[index] ?? '', `${text}\n`));

    const { status, output } = run('eslint', '--format', 'json', ...paths);

    assert.notEqual(status, 0);
    const results = JSON.parse(output) as readonly { readonly messages: readonly { readonly ruleId: string }[] }[];
    planted.forEach(({ rule }, index) => {
      assert.ok(
        results[index]?.messages.some(({ ruleId }) => ruleId === rule),
        `${rule} in ${paths[index] ?? ''}`,
      );
    });
    for (const path of paths) rmSync(join(tree, path));
  });
});

describe('types, format and dead code', () => {
  it('tsc fails on an unchecked index, and on an enum that does not erase', () => {
    plant('services/schema/planted.ts', 'export const first: string = ([] as string[])[0];\nexport enum C { D }\n');

    const { status, output } = run('tsc', '--noEmit', '-p', '.');

    assert.notEqual(status, 0);
    assert.match(output, /planted\.ts\(1,14\): error TS2322/);
    assert.match(output, /planted\.ts\(2,13\): error TS1294/);
    rmSync(join(tree, 'services/schema/planted.ts'));
  });

  it('prettier fails on a file that is not formatted', () => {
    plant('services/schema/planted.ts', 'export const  a = "b"\n');

    const { status } = run('prettier', '--check', 'services/schema/planted.ts');

    assert.notEqual(status, 0);
    rmSync(join(tree, 'services/schema/planted.ts'));
  });

  it('knip names an unused file', () => {
    plant('services/schema/planted.ts', 'export const a = 1;\n');

    const { status, output } = run('knip');

    assert.notEqual(status, 0);
    assert.match(output, /services\/schema\/planted\.ts/);
    rmSync(join(tree, 'services/schema/planted.ts'));
  });

  it('the generated types are current, and a schema that changed is noticed', () => {
    const current = spawnSync('node', ['schemas/generate.mjs', '--check'], { cwd: root, encoding: 'utf8' });
    assert.equal(current.status, 0, current.stdout);
    plant(
      'schemas/planted.schema.json',
      '{ "$id": "https://signet.invalid/schemas/planted.schema.json", "title": "Planted", "type": "object" }\n',
    );

    const { status, stdout } = spawnSync('node', ['schemas/generate.mjs', '--check'], { cwd: tree, encoding: 'utf8' });

    assert.equal(status, 1);
    assert.match(stdout, /types\.generated\.ts: not current/);
    rmSync(join(tree, 'schemas/planted.schema.json'));
  });
});
