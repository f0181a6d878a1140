// Builds services/schema/types.generated.ts and schemas.generated.ts from the schemas beside it, the single source of
// every type that crosses a boundary. `--check` changes nothing and fails when they are not current.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, posix, relative } from 'node:path';
import { compile } from 'json-schema-to-typescript';
import { format } from 'prettier';

const folder = import.meta.dirname;
const target = join(folder, '../services/schema');
const prettierOptions = { parser: 'typescript', singleQuote: true, printWidth: 120 };

const paths = readdirSync(folder, { recursive: true })
  .filter((path) => path.endsWith('.schema.json'))
  .sort();
const schemas = new Map(paths.map((path) => [path, JSON.parse(readFileSync(join(folder, path), 'utf8'))]));
const stem = (path) => basename(path, '.schema.json');

// One document for the type compiler: whole files become $defs; the small common shapes are inlined, and only objects
// and unions keep their title, so that scalars do not each become an alias.
function forTypes(schema, path) {
  if (Array.isArray(schema)) return schema.map((item) => forTypes(item, path));
  if (typeof schema !== 'object' || schema === null) return schema;
  const {
    $ref,
    $schema,
    $id,
    if: _if,
    then: _then,
    else: _else,
    allOf: _allOf,
    propertyNames: _names,
    ...rest
  } = schema;
  if ($ref !== undefined) {
    const [file, fragment] = $ref.split('#');
    const to = posix.join(posix.dirname(path), file);
    if (fragment === undefined) return { $ref: `#/$defs/${stem(to)}` };
    return forTypes({ ...schemas.get(to).$defs[fragment.split('/').pop()], ...rest }, path);
  }
  const out = Object.fromEntries(
    Object.entries(rest).map(([key, value]) => {
      if (key === 'properties' || key === '$defs') {
        return [key, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, forTypes(inner, path)]))];
      }
      return [key, ['default', 'enum', 'const', 'required'].includes(key) ? value : forTypes(value, path)];
    }),
  );
  if (out.type !== 'object' && out.oneOf === undefined) delete out.title;
  if (out.default !== undefined) delete out.default;
  if (!['type', 'const', 'enum', 'anyOf', 'oneOf'].some((key) => key in out)) out.tsType = 'unknown';
  return out;
}

const files = paths.filter((path) => path !== 'common.schema.json');
const types = await compile(
  {
    title: 'Shapes',
    description: 'Every shape by its file.',
    type: 'object',
    additionalProperties: false,
    required: files.map(stem),
    properties: Object.fromEntries(files.map((path) => [stem(path), { $ref: `#/$defs/${stem(path)}` }])),
    $defs: Object.fromEntries(files.map((path) => [stem(path), forTypes(schemas.get(path), path)])),
  },
  'Shapes',
  {
    bannerComment: '/* Made by `npm run generate` from schemas/. Do not edit. */',
    format: false,
    unknownAny: true,
    ignoreMinAndMaxItems: true,
    declareExternallyReferenced: true,
  },
);
const formatted = await format(types, prettierOptions);
const readonly = formatted
  .replaceAll(/\b(\w+)\[\]\[\]/g, 'readonly (readonly $1[])[]')
  .replaceAll(/^( +)((?:'[^']+'|[\w$]+)\??:|\[k: string\]:)/gm, '$1readonly $2')
  .replaceAll(/(:|\|) (\([^;]*?\)|[\w.]+)\[\](?=;|$)/gm, '$1 readonly $2[]');

const outputs = {
  'types.generated.ts': await format(readonly, prettierOptions),
  'schemas.generated.ts': await format(
    `/* Made by \`npm run generate\` from schemas/. Do not edit. */
export const schemas: readonly Readonly<Record<string, unknown>>[] = ${JSON.stringify([...schemas.values()])};\n`,
    prettierOptions,
  ),
};

const check = process.argv.includes('--check');
for (const [name, text] of Object.entries(outputs)) {
  const path = join(target, name);
  let current = '';
  try {
    current = readFileSync(path, 'utf8');
  } catch {
    // Not made yet.
  }
  if (current === text) continue;
  if (check) process.exitCode = 1;
  else writeFileSync(path, text);
  console.log(`${relative(process.cwd(), path)}: ${check ? 'not current; run npm run generate' : 'written'}`);
}
