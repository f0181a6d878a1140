/** Checks client certificates of single destinations: what leads mail to them must not lead elsewhere what stays on the machine. */
import type { Finding } from '../../errors.ts';
import { pointer } from '../../schema/pointer.ts';
import type { PostfixFacts, Settings } from '../../schema/types.generated.ts';
import { parameter } from './endpoints.ts';
import { entryIn } from './entry.ts';
import { openBlock } from './segments.ts';
import { certificateDomains, transportName } from './transports.ts';

export function checkCertificates(settings: Settings, postfix: PostfixFacts): readonly Finding[] {
  return [
    ...checkDefault(settings),
    ...[...certificateDomains(settings)].flatMap(([certificate, domains]) => [
      ...checkName(certificate, domains, postfix),
      ...domains.flatMap((domain) => checkLocal(domain, postfix)),
    ]),
  ];
}

function checkDefault({ destinations }: Settings): readonly Finding[] {
  if (destinations['default']?.certificate === undefined) return [];
  return [
    {
      pointer: '/destinations/default/certificate',
      detail: 'the certificate for all other destinations is outbound/certificate; set it there',
    },
  ];
}

/** transport_maps holds for every domain, those included that the machine delivers to itself. */
function checkLocal(domain: string, postfix: PostfixFacts): readonly Finding[] {
  const local = ['mydestination', 'virtual_mailbox_domains', 'virtual_alias_domains'].find((name) =>
    domainsIn(parameter(postfix, name, name === 'mydestination' ? '$myhostname' : ''), postfix).includes(domain),
  );
  if (local === undefined) return [];
  return [
    {
      pointer: pointer(['destinations', domain, 'certificate']),
      detail: `mail for ${domain} stays on the machine, as ${local} has it there, and a certificate of its own would send it away; remove destinations/${domain}/certificate`,
    },
  ];
}

function domainsIn(value: string, postfix: PostfixFacts): readonly string[] {
  const hostname = parameter(postfix, 'myhostname');
  return value
    .replaceAll(/\$\{?myhostname\}?/g, hostname)
    .replaceAll(/\$\{?mydomain\}?/g, parameter(postfix, 'mydomain', hostname.replace(/^[^.]*\./, '')))
    .toLowerCase()
    .split(/[\s,]+/);
}

function checkName(certificate: string, domains: readonly string[], { masterCf }: PostfixFacts): readonly Finding[] {
  const name = transportName(certificate);
  const taken = openBlock(masterCf).outside.some(
    ({ kind, text }) => kind === 'logical' && entryIn(text)?.name === name,
  );
  if (!taken) return [];
  return domains.map((domain) => ({
    pointer: pointer(['destinations', domain, 'certificate']),
    detail: `the certificate needs a delivery service ${name}, and master.cf has one of that name that is not Signet's; rename that one on the machine, or bind the certificate under another name`,
  }));
}
