/** The text of each file of a manifest, with its keys and chains filled in. The only place where a manifest meets a private key. */
import type { PkiService } from '../pki/service.ts';
import type { Manifest } from '../schema/types.generated.ts';

type Part = Manifest['files'][number]['parts'][number];

/** Texts by path; secret. */
export async function contents(files: Manifest['files'], pki: PkiService): Promise<ReadonlyMap<string, string>> {
  const texts = await Promise.all(
    files.map(async ({ path, parts }): Promise<[string, string]> => {
      const filled = await Promise.all(parts.map((part) => text(part, pki)));
      return [path, filled.join('')];
    }),
  );
  return new Map(texts);
}

async function text(part: Part, pki: PkiService): Promise<string> {
  if ('text' in part) return part.text;
  if ('key' in part) return ended(await pki.keyPem(part.key));
  if ('leaf' in part) return ended((await pki.chain(part.leaf))[0] ?? '');
  if ('chain' in part) return (await pki.chain(part.chain)).map(ended).join('');
  // Only the gateway has it; the plan tells it to add its own.
  if ('system' in part) return '';
  return ended(await pki.bundle(part.bundle));
}

function ended(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
