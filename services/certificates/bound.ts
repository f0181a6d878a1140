/** Which keys wait for a certificate, and where: bound ones, and those of requests. Pure. */
import { parseLevel } from '../config/levels.ts';
import { NamedError } from '../errors.ts';
import { own } from '../schema/json.ts';
import type {
  CertificateBinding,
  Configuration,
  SigningRequest,
  SigningRequestView,
} from '../schema/types.generated.ts';

/** A key at the place it serves, or will. */
export interface Holder {
  readonly key: string;
  readonly level: string;
  readonly name: string;
}

/** What a level binds a name to, without those above it. */
export function boundAt({ layers }: Configuration, level: string, name: string): CertificateBinding | undefined {
  const certificates = (own(layers, level)?.['certificates'] ?? {}) as Readonly<
    Record<string, CertificateBinding | null>
  >;
  return own(certificates, name) ?? undefined;
}

/** Throws not-found for a group or a machine that is not there, and invalid-input for what is no level. */
export function checkLevel({ groups, machines }: Configuration, level: string): void {
  const place = parseLevel(level);
  if (place.kind === 'cluster') return;
  if (Object.hasOwn(place.kind === 'group' ? groups : machines, place.name)) return;
  throw new NamedError('not-found', `there is no ${place.kind} "${place.name}"; see the list of ${place.kind}s`);
}

/** A request as people see it: answered once what was made for it is bound there. */
export function requestView(record: SigningRequest, head: Configuration): SigningRequestView {
  const { key, level, name, request, created, author, pem, replaces } = record;
  const bound = boundAt(head, level, name);
  return {
    ...{ key, level, name, subject: request.subject },
    ...(request.alternativeNames ? { alternativeNames: request.alternativeNames } : {}),
    ...{ created, author, pem },
    state: bound?.key === key && bound.chain !== replaces ? 'answered' : 'pending',
    der: pem.replaceAll(/-----[^-]+-----|\s/g, ''),
  };
}
