/** Joins what the platforms of a machine render into its manifest, and shows a manifest as text. */
import { canonicalJson } from '../schema/json.ts';
import type { Manifest, ManifestFile } from '../schema/types.generated.ts';
import type { Platform, Rendered, RenderInput } from '../platforms/platform.ts';
import { sha256 } from './blobs.ts';

/** The manifest of a machine; the same settings and facts give the same digest, whatever the machine is called. */
export function manifestOf(platforms: readonly Platform[], input: RenderInput): Manifest {
  const rendered = platforms
    .filter((platform) => platform.found(input.facts))
    .map((platform) => platform.render(input));
  return joinRendered(input.machine, rendered);
}

export function joinRendered(machine: string, rendered: readonly Rendered[]): Manifest {
  const files = rendered.flatMap((one) => one.files).sort((a, b) => (a.path < b.path ? -1 : 1));
  const twice = files.find(({ path }, index) => path === files[index + 1]?.path);
  if (twice) throw new Error(`two platforms render ${twice.path}`);
  const intents = rendered.flatMap(({ postfix }) => (postfix ? [postfix] : []));
  if (intents.length > 1) throw new Error('two platforms render Postfix');
  const probes = rendered.flatMap((one) => one.probes);
  const body = { files, probes, ...(intents[0] ? { postfix: intents[0] } : {}) };
  return { machine, digest: sha256(canonicalJson(body)), ...body };
}

/** A manifest as readable text, file by file, for diffs. Keys and chains appear by their ids, so it holds no secret. */
export function manifestText({ files, postfix, probes }: Manifest): string {
  const sections = [
    ...files.map((file) => section(file.path, fileText(file))),
    ...(postfix ? [section('main.cf', lines(postfix.parameters))] : []),
    ...(postfix?.services ?? []).map(({ address, port, options }) =>
      section(`master.cf ${address}:${port}`, lines(options)),
    ),
    ...probes.map(({ listener, ...target }) => section(`probe ${listener}`, lines(target))),
  ];
  return sections.join('\n');
}

function fileText({ parts, access, link, reader }: ManifestFile): string {
  const placed = [
    ...(link === undefined ? [] : [`(link ${link})\n`]),
    ...(access === undefined ? [] : [`(owner ${access.owner}, group ${access.group}, mode ${access.mode})\n`]),
    ...(reader === undefined ? [] : [`(on change tell ${reader})\n`]),
  ];
  return [...placed, ...parts.map(partText)].join('');
}

type Part = ManifestFile['parts'][number];

function partText(part: Part): string {
  if ('text' in part) return part.text.endsWith('\n') ? part.text : `${part.text}\n`;
  if ('key' in part) return `(private key ${part.key})\n`;
  if ('leaf' in part) return `(certificate of chain ${part.leaf})\n`;
  if ('chain' in part) return `(certificate chain ${part.chain})\n`;
  if ('system' in part) return `(the machine's own ${part.system})\n`;
  return `(trust bundle ${part.bundle})\n`;
}

function section(title: string, body: string): string {
  return `[${title}]\n${body}`;
}

function lines(values: Readonly<Record<string, string | number | boolean>>): string {
  return Object.keys(values)
    .sort()
    .map((name) => `${name} = ${String(values[name])}\n`)
    .join('');
}
