/** What is wrong with lookups on one machine, and with letting one go that its Postfix still uses. */
import type { Finding } from '../../errors.ts';
import { pointer } from '../../schema/pointer.ts';
import type { LDAPLookup, PostfixFacts } from '../../schema/types.generated.ts';
import { currentPath, type RenderInput } from '../platform.ts';
import { tablePath } from './render.ts';

export function check({ machine, settings, facts }: RenderInput): readonly Finding[] {
  if (!facts.postfix) return [];
  return [
    ...Object.entries(settings.ldap).flatMap(([name, lookup]) => checkLookup(name, lookup)),
    ...checkUsed(facts.postfix, Object.keys(settings.ldap)),
  ].map((finding) => ({ machine, ...finding }));
}

function checkLookup(name: string, { servers, bind, certificate }: LDAPLookup): readonly Finding[] {
  const kinds = new Set(servers.map((server) => server.slice(0, server.indexOf(':'))));
  return [
    ...(kinds.size > 1
      ? [
          {
            pointer: pointer(['ldap', name, 'servers']),
            detail: `Postfix speaks StartTLS to all servers of a lookup or to none; use ldaps:// for all of them, or ldap:// for all`,
          },
        ]
      : []),
    ...(bind === 'external' && certificate === undefined
      ? [
          {
            pointer: pointer(['ldap', name, 'bind']),
            detail: `there is no certificate that would say as whom the machine binds; set ${pointer(['ldap', name, 'certificate'])}, or bind anonymously`,
          },
        ]
      : []),
  ];
}

/** A table that is gone makes Postfix defer every mail that it would look something up for. */
function checkUsed({ mainCf, masterCf }: PostfixFacts, kept: readonly string[]): readonly Finding[] {
  const tables = `${mainCf}\n${masterCf}`.replaceAll(/^\s*#.*$/gm, '').matchAll(used);
  const lost = [...new Set([...tables].map(([, name]) => name ?? ''))].filter((name) => !kept.includes(name));
  return lost.map((name) => ({
    pointer: pointer(['ldap']),
    detail: `main.cf or master.cf looks things up in ${currentPath(tablePath(name))}, and there would be no lookup "${name}"; take it out there first and probe the machine, or set ${pointer(['ldap', name])}`,
  }));
}

const used = /\/var\/lib\/signet\/current\/files\/ldap\/([a-z0-9-]+)\.cf/g;
