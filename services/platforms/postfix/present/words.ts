/** What a machine's main.cf and the SMTP services of its master.cf say, with references to other parameters filled in. */
import type { PostfixFacts } from '../../../schema/types.generated.ts';
import { optionValue } from '../entry.ts';
import { parametersIn, valueIn } from '../main-cf.ts';
import { inetServices, type Inet } from '../master-cf.ts';

/** One setting about TLS as it stands in a file, before anyone says what it means. */
export interface TlsSetting {
  /** `main.cf`, or the service of master.cf that has it as an option. */
  readonly place: string;
  readonly name: string;
  readonly value: string;
}

export interface Service {
  readonly place: string;
  readonly inet: Inet;
  /** Its own option, else what main.cf says; undefined where neither does. */
  value(name: string): string | undefined;
  /** Where the value stands. */
  placeOf(name: string): string;
}

export interface Words {
  readonly facts: PostfixFacts;
  main(name: string): string | undefined;
  /** The services that smtpd serves on the net, those for this machine alone left out: content filters hand mail back there. */
  readonly services: readonly Service[];
  /** Every setting about TLS, in the order of the files. */
  readonly settings: readonly TlsSetting[];
}

export const mainCfPlace = 'main.cf';

/** The place of a service's options. */
export function servicePlace(entry: string): string {
  return `master.cf ${entry}`;
}

export function wordsOf(facts: PostfixFacts): Words {
  const main = (name: string) => {
    const value = valueIn(facts.mainCf, name);
    return value === undefined ? undefined : expanded(value, facts);
  };
  const smtpd = inetServices(facts.masterCf, facts).filter(({ entry }) => entry.command === 'smtpd');
  const services = smtpd.map((inet): Service => {
    const place = servicePlace(inet.entry.name);
    const option = (name: string) => {
      const value = optionValue(inet.entry, name);
      return value === undefined ? undefined : expanded(value, facts);
    };
    return {
      place,
      inet,
      value: (name) => option(name) ?? main(name),
      placeOf: (name) => (option(name) === undefined ? mainCfPlace : place),
    };
  });
  return { facts, main, services: services.filter(isOnTheNet), settings: [...inMainCf(facts), ...inMasterCf(smtpd)] };
}

function inMainCf({ mainCf }: PostfixFacts): readonly TlsSetting[] {
  return parametersIn(mainCf)
    .filter(isAboutTls)
    .map((name) => ({ place: mainCfPlace, name, value: valueIn(mainCf, name) ?? '' }));
}

function inMasterCf(smtpd: readonly Inet[]): readonly TlsSetting[] {
  return smtpd.flatMap(({ entry }) =>
    [...new Set(entry.options.map(({ name }) => name))]
      .filter(isAboutTls)
      .map((name) => ({ place: servicePlace(entry.name), name, value: optionValue(entry, name) ?? '' })),
  );
}

function isAboutTls(name: string): boolean {
  return /(^|_)(tls|starttls)(_|$)/.test(name);
}

function isOnTheNet({ inet }: Service): boolean {
  return inet.endpoints.some(({ address }) => !/^(127\.|::1$)/.test(address));
}

/** Without what only Postfix knows (its defaults, conditions): such a reference stays as it is written. */
function expanded(value: string, facts: PostfixFacts, depth = 0): string {
  if (depth > 9) return value;
  return value.replaceAll(
    /\$(?:\{(\w+)\}|\((\w+)\)|(\w+))/g,
    (written, braced?: string, round?: string, bare?: string) => {
      const name = braced ?? round ?? bare ?? '';
      if (name === 'config_directory') return facts.configDirectory;
      const said = valueIn(facts.mainCf, name);
      return facts.parameters[name] ?? (said === undefined ? written : expanded(said, facts, depth + 1));
    },
  );
}
