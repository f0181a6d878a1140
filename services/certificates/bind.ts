/** Binds what was made or imported to a name in an author's draft, and says what the machines that will serve it would mind. */
import { setImmediate as breathe } from 'node:timers/promises';

import { certificateWarnings } from '../config/certificate-warnings.ts';
import { condense } from '../config/condense.ts';
import { defaultsLayer } from '../config/defaults.ts';
import { fleet, memberLayersIn } from '../config/fleet.ts';
import { typedSettings } from '../config/validate.ts';
import type { Finding } from '../errors.ts';
import { compareNames } from '../machines/names.ts';
import type { Issued } from '../pki/service.ts';
import { pointer } from '../schema/pointer.ts';
import type { CertificateAdded, Configuration, Operation } from '../schema/types.generated.ts';
import type { CertificateDeps } from './contract.ts';
import { drafted } from './drafted.ts';
import { certificateView, type Bound } from './view.ts';

export interface Binding {
  readonly author: string;
  readonly level: string;
  readonly name: string;
  readonly issued: Issued;
  /** Change nothing; only say what there is to say. */
  readonly check?: boolean | undefined;
}

/** One operation at the level of the name, so that rolling back brings what was bound before back. */
export async function bind(
  deps: Pick<CertificateDeps, 'config' | 'pki'>,
  { author, level, name, issued, check = false }: Binding,
): Promise<CertificateAdded> {
  const { binding, facts, findings } = issued;
  const operation: Operation = { op: 'set', level, path: pointer(['certificates', name]), value: binding };
  const served = await servedFindings(
    deps,
    await drafted(deps.config, author, [operation]),
    { level, name, binding },
    issued,
  );
  return {
    certificate: certificateView({ level, name, binding }, facts),
    findings: [...findings, ...served],
    draft: check ? await deps.config.draft(author) : await deps.config.amend(author, [operation]),
  };
}

/** Machines that are looked at before the event loop has its turn. */
const stride = 25;

async function servedFindings(
  { pki }: Pick<CertificateDeps, 'pki'>,
  configuration: Configuration,
  { level, name, binding }: Bound,
  { facts }: Issued,
): Promise<readonly Finding[]> {
  const at = pointer(['certificates', name]);
  const chains = new Map([[binding.chain, facts]]);
  const resolveMember = fleet(defaultsLayer(await pki.demonstration('')));
  const findings: Finding[] = [];
  for (const [index, machine] of Object.keys(configuration.machines).sort(compareNames).entries()) {
    const member = resolveMember(memberLayersIn(configuration, machine));
    if (member.sections.get('certificates')?.origins.get(at) === level) {
      const found = certificateWarnings(typedSettings(member), chains);
      findings.push(...found.map((finding) => ({ ...finding, machine })));
    }
    if (index % stride === stride - 1) await breathe();
  }
  return condense(findings);
}
