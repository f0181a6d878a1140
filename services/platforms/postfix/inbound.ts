/** What mail flow policies and sender groups ask of a listener's service, as options and files (docs/inbound.md). */
import { NamedError } from '../../errors.ts';
import type { Facts, ManifestFile, MailFlowPolicy, PostfixFacts, Settings } from '../../schema/types.generated.ts';
import { checksOf, isRequiredOfAll, type Checks } from './client-checks.ts';
import { flowOf, type Flow } from './flow.ts';
import { inboundFaults } from './inbound-faults.ts';
import { ownerOf, type Owner } from './owner.ts';
import { named } from '../reference.ts';
import { withheldFiles, withheldOptions } from './starttls.ts';
import { clientTrustFile, clientTrustFiles } from './trust.ts';

export interface Inbound {
  readonly flow: Flow;
  readonly options: Readonly<Record<string, string>>;
  readonly files: readonly ManifestFile[];
}

/** Throws `invalid-configuration` where Postfix could only do something else on this machine; commit says so before. */
export function inboundOf(listener: string, settings: Settings, facts: Facts, postfix: PostfixFacts): Inbound {
  const flow = flowOf(listener, settings);
  const owner = ownerOfListener(listener, settings, postfix);
  const [fault] = inboundFaults(flow, owner, settings);
  if (fault) throw new NamedError('invalid-configuration', fault.detail, { findings: [fault] });
  const checks = checksOf(flow, owner);
  const trusted = trustedBy(flow);
  return {
    flow,
    options: {
      ...withheldOptions(flow, owner),
      ...checkOptions(checks, owner, postfix),
      ...certificateOptions(flow, clientTrustFile(trusted, settings, facts)),
      ...authOptions(flow),
    },
    files: [
      ...withheldFiles(flow, owner),
      ...(checks.kind === 'list' ? checks.files : []),
      ...clientTrustFiles(trusted, settings, facts),
    ],
  };
}

/** What the machine's owner says about the service of a listener. */
export function ownerOfListener(name: string, settings: Settings, postfix: PostfixFacts): Owner {
  const { interface: place, port } = named(settings.listeners, name, 'a sender group', 'listener');
  const { address } = named(settings.interfaces, place, `listener ${name}`, 'interface');
  return ownerOf(address, port, postfix);
}

/** Files of all listeners; those that check against the same lists share theirs. */
export function inboundFiles(settings: Settings, facts: Facts, postfix: PostfixFacts): readonly ManifestFile[] {
  const files = Object.keys(settings.listeners).flatMap((name) => inboundOf(name, settings, facts, postfix).files);
  return [...new Map(files.map((file) => [file.path, file])).values()];
}

function checkOptions(
  checks: Checks,
  owner: Owner,
  { mainCf, masterCf }: PostfixFacts,
): Readonly<Record<string, string>> {
  if (checks.kind !== 'list') return {};
  // The owner's own reject_plaintext_session goes on answering with the owner's code.
  const isOwners =
    owner.values('plaintext_reject_code').some((code) => code !== '') ||
    [mainCf, masterCf].some((text) => text.includes('reject_plaintext_session'));
  return {
    [checks.parameter]: checks.value,
    // As smtpd answers at smtpd_tls_security_level = encrypt; the default, 450, would have the client try again for days.
    ...(checks.refusesPlaintext && !isOwners ? { plaintext_reject_code: '530' } : {}),
  };
}

function certificateOptions({ policies }: Flow, trustFile: string): Readonly<Record<string, string>> {
  if (trustFile === '') return {};
  return {
    smtpd_tls_CAfile: trustFile,
    // It would add to the lists that were chosen.
    smtpd_tls_CApath: '',
    smtpd_tls_ask_ccert: 'yes',
    smtpd_tls_req_ccert: isRequiredOfAll(policies) ? 'yes' : 'no',
  };
}

function authOptions({ policies }: Flow): Readonly<Record<string, string>> {
  const [said] = [...policies.values()].flatMap(({ tlsBeforeAuth }) =>
    tlsBeforeAuth === undefined ? [] : [tlsBeforeAuth],
  );
  return said === undefined ? {} : { smtpd_tls_auth_only: said ? 'yes' : 'no' };
}

/** The trust lists of those policies that look at client certificates; they agree, or it is a fault. */
function trustedBy({ policies }: Flow): readonly string[] {
  return [...policies.values()].find(looksAtCertificates)?.trust ?? [];
}

function looksAtCertificates({ tls, clientCertificate }: MailFlowPolicy): boolean {
  return tls !== 'off' && clientCertificate !== 'ignore';
}
