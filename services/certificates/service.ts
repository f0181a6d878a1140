/** The workflows on named certificates, put together; each has a file of its own. */
import { adding } from './add.ts';
import type { CertificateDeps, CertificateService } from './contract.ts';
import { inventory } from './inventory.ts';

export function certificateService(deps: CertificateDeps): CertificateService {
  return { ...inventory(deps), ...adding(deps) };
}
