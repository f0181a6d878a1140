/** TLS versions and ciphers that are in force, as protocol settings: Signet has one set for each direction. */
import type { ProtocolSettings } from '../../../schema/types.generated.ts';
import { words as splitWords } from '../starttls.ts';
import { keyOf, type Meaning, type Reading } from './meaning.ts';
import { mainCfPlace, type Words } from './words.ts';

const versions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;
const grades = ['low', 'medium', 'high'] as const;

/** `isMandatory`: the direction asks for TLS wherever it speaks it, so that the parameters for mandatory TLS are those that count. */
export function readProtocols(side: 'smtpd' | 'smtp', words: Words, isMandatory: boolean): Reading {
  const section = side === 'smtpd' ? 'inbound' : 'outbound';
  const meanings = new Map<string, Meaning>();
  const said = (name: string) => words.main(`${side}_tls_${name}`);
  const mean = (name: string, meaning: Meaning) =>
    meanings.set(keyOf({ place: mainCfPlace, name: `${side}_tls_${name}` }), meaning);
  const counts = isMandatory ? 'mandatory_' : '';

  /** Of a pair of parameters the one that counts; the other is lost where it says something else. */
  function choose<T extends string>(name: string, read: (text: string | undefined) => T | undefined, fallback: T): T {
    const value = read(said(`${counts}${name}`));
    const pointer = `/protocols/${section}/${name === 'protocols' ? 'minimum' : name}`;
    for (const each of [name, `mandatory_${name}`]) {
      const own = read(said(each));
      const same = own !== undefined && own === (value ?? fallback);
      mean(each, same ? { kind: 'expressed', pointer } : { kind: 'lost', why: whyNot(each, own, section) });
    }
    return value ?? fallback;
  }

  const minimum = choose<ProtocolSettings['minimum']>('protocols', minimumIn, 'TLSv1.2');
  const ciphers = choose<ProtocolSettings['ciphers']>('ciphers', gradeIn, 'medium');
  const exclude = excluded(said, mean, isMandatory, section);
  mean(
    'loglevel',
    said('loglevel') === '1'
      ? { kind: 'expressed', pointer: '' }
      : { kind: 'lost', why: 'Signet logs one line a session (1)' },
  );
  return {
    expressed: [
      { path: ['protocols', section, 'minimum'], value: minimum },
      { path: ['protocols', section, 'ciphers'], value: ciphers },
      { path: ['protocols', section, 'exclude'], value: exclude },
    ],
    meanings,
  };
}

/** The lowest version, where all above it are allowed too (postconf smtpd_tls_protocols); not set is everything from TLSv1 on. */
function minimumIn(text: string | undefined): ProtocolSettings['minimum'] | undefined {
  const given = splitWords(text ?? '');
  const names = given.map((word) => word.replace(/^(!|>=|<=)/, ''));
  if (names.some((name) => !/^(SSLv[23]|TLSv1(\.[123])?)$/.test(name))) return undefined;
  if (given.some((word) => word.startsWith('<=') && word !== '<=TLSv1.3')) return undefined;
  const lower = given.findLast((word) => word.startsWith('>='))?.slice(2);
  const listed = given.filter((word) => /^[ST]/.test(word));
  const from = Math.max(
    0,
    versions.findIndex((version) => version === lower),
  );
  const allowed = versions.filter(
    (version, index) =>
      index >= from && !given.includes(`!${version}`) && (listed.length === 0 || listed.includes(version)),
  );
  const lowest = allowed[0];
  if (lowest === undefined || allowed.length !== versions.length - versions.indexOf(lowest)) return undefined;
  return lowest;
}

function gradeIn(text: string | undefined): ProtocolSettings['ciphers'] | undefined {
  return text === undefined ? 'medium' : grades.find((grade) => grade === text);
}

function excluded(
  said: (name: string) => string | undefined,
  mean: (name: string, meaning: Meaning) => void,
  isMandatory: boolean,
  section: string,
): readonly string[] {
  const pointer = `/protocols/${section}/exclude`;
  const always = splitWords(said('exclude_ciphers') ?? '');
  const further = splitWords(said('mandatory_exclude_ciphers') ?? '');
  const fits = (list: readonly string[]) => list.every((word) => /^[A-Za-z0-9_+-]{1,64}$/.test(word));
  const counted = [...(fits(always) ? always : []), ...(isMandatory && fits(further) ? further : [])];
  const nameless = 'it excludes what has no plain name';
  mean('exclude_ciphers', fits(always) ? { kind: 'expressed', pointer } : { kind: 'lost', why: nameless });
  mean(
    'mandatory_exclude_ciphers',
    !fits(further)
      ? { kind: 'lost', why: nameless }
      : isMandatory || further.every((word) => counted.includes(word))
        ? { kind: 'expressed', pointer }
        : { kind: 'lost', why: `Signet excludes the same ciphers from all TLS ${section}` },
  );
  return [...new Set(counted)];
}

function whyNot(name: string, own: string | undefined, section: string): string {
  if (own === undefined) return `Signet has no word for this value`;
  return `Signet has one value for all TLS ${section}, and ${name.startsWith('mandatory_') ? 'that of opportunistic TLS' : 'that of mandatory TLS'} counts here`;
}
