/** The TLS that others than Signet have nginx speak, from what `nginx -T` prints: their own affair, listed and left alone. */
import { directivesIn, type Directive } from './directives.ts';
import { settingsPath } from './render.ts';

/** A setting as it stands in a file. */
export interface PresentSetting {
  readonly place: string;
  readonly name: string;
  readonly value: string;
}

/** What is listed: never where a key is, nor what opens it. */
const listed = [
  'ssl_certificate',
  'ssl_protocols',
  'ssl_ciphers',
  'ssl_prefer_server_ciphers',
  'ssl_client_certificate',
  'ssl_trusted_certificate',
  'ssl_verify_client',
];

/** Of each server that speaks TLS, and what such servers inherit; nothing where none does. */
export function presentServers(dump: string): readonly PresentSetting[] {
  const files = dump
    .split(/^# configuration file (?=\/)/m)
    .slice(1)
    .map((part) => ({ path: /^[^\n]*?(?=:?\n|$)/.exec(part)?.[0] ?? '', text: part.slice(part.indexOf('\n') + 1) }))
    .filter(({ path }) => path !== settingsPath)
    .map(({ path, text }) => ({ path, directives: directivesIn(text) }));
  const servers = files.flatMap(({ path, directives }) => blocks(directives).flatMap((block) => serverIn(path, block)));
  if (servers.length === 0) return [];
  const inherited = files.flatMap(({ path, directives }) => settingsIn(path, outside(directives)));
  return [...servers, ...inherited];
}

function serverIn(path: string, { block }: Directive): readonly PresentSetting[] {
  const listens = block.filter(
    ({ name, words }) => name === 'listen' && words.some((word) => /^(ssl|quic)$/.test(word)),
  );
  const isOn = block.some(({ name, words }) => name === 'ssl' && words[0] === 'on');
  const spoken = isOn ? block.filter(({ name }) => name === 'listen') : listens;
  if (spoken.length === 0) return [];
  const [first] = spoken;
  const name = block.find((one) => one.name === 'server_name')?.words.join(' ') ?? '_';
  const place = `${path} server ${name} ${first?.words[0] ?? ''}`;
  const listen = spoken.map(({ words }) => words.join(' ')).join(', ');
  return [{ place, name: 'listen', value: listen }, ...settingsIn(place, block)];
}

function settingsIn(place: string, directives: readonly Directive[]): readonly PresentSetting[] {
  return listed.flatMap((name) => {
    const said = directives.filter((one) => one.name === name).map(({ words }) => words.join(' '));
    return said.length === 0 ? [] : [{ place, name, value: said.join(', ') }];
  });
}

/** The servers, however deep. */
function blocks(directives: readonly Directive[]): readonly Directive[] {
  return directives.flatMap((one) => (one.name === 'server' && one.block.length > 0 ? [one] : blocks(one.block)));
}

/** What stands outside of servers, and so holds for several. */
function outside(directives: readonly Directive[]): readonly Directive[] {
  return directives.flatMap((one) => (one.name === 'server' ? [] : [one, ...outside(one.block)]));
}
