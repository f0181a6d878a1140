/** The audit trail in a configuration file: whether it is as it was written, and what the new one says of where it came from. Pure. */
import { createHash } from 'node:crypto';

import { verifyClosed } from '../audit/chain.ts';
import { NamedError, type Finding } from '../errors.ts';
import type { AuditVerification, ConfigurationFile } from '../schema/types.generated.ts';

/** None where the file has no trail. */
export function trailIn({ trail }: ConfigurationFile): AuditVerification | undefined {
  return trail && verifyClosed(trail);
}

/** Throws `precondition-failed` for a trail that is not as it was written, unless it is to be taken as it is. */
export function checkTrail(trail: AuditVerification | undefined, damagedTrail = false): void {
  const [finding] = trailFindings(trail, damagedTrail);
  if (!finding) return;
  const findings = (trail?.faults ?? []).map((detail) => ({ detail }));
  throw new NamedError('precondition-failed', `${finding.detail}; nothing was taken over`, { findings });
}

export function trailFindings(trail: AuditVerification | undefined, damagedTrail = false): readonly Finding[] {
  const faults = damagedTrail ? [] : (trail?.faults ?? []);
  if (faults.length === 0) return [];
  const others = faults.length === 1 ? '' : ` (and ${faults.length - 1} more)`;
  return [
    {
      detail: `the audit trail in the configuration file is not as it was written: ${faults[0] ?? ''}${others}; take another copy of the file, or say that its trail is taken as it is (--damaged-trail)`,
    },
  ];
}

/** The file as whoever has it can tell it, and how far its trail goes. */
export function origin(text: string, { saved }: ConfigurationFile, trail: AuditVerification | undefined): string {
  const sha256 = createHash('sha256').update(text).digest('hex');
  return `from the file saved at ${saved}, SHA-256 ${sha256}, ${trail ? extent(trail) : 'without the audit trail: what was done before is not here'}`;
}

function extent({ entries, newest, faults }: AuditVerification): string {
  const upTo = newest ? ` up to seal ${newest.number}:${newest.digest}` : '';
  const damage = faults.length === 0 ? '' : `, which was damaged in ${faults.length} places`;
  return `with the audit trail: ${entries} entries${upTo}${damage}`;
}
