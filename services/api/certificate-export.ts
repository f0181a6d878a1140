/** Certificates with their private key: for administrators alone, and each one in the audit trail. */
import { certificateAtEachLevel } from './each-level.ts';
import type { Route } from './route.ts';

export const certificateExportRoutes: readonly Route[] = [
  ...certificateAtEachLevel({
    name: 'export-{level}-pkcs12',
    method: 'post',
    rest: '/pkcs12',
    role: 'admin',
    summary: 'A certificate bound {at}, with its chain and its private key, as a PKCS#12 file under a password',
    request: 'pkcs12-options',
    response: 'pkcs12-file',
    handle: async ({ certificates }, { caller, body }, level, name) => ({
      body: await certificates.pkcs12(caller.name, level, name, body),
    }),
  }),
  ...certificateAtEachLevel({
    name: 'export-{level}-key',
    method: 'post',
    rest: '/key',
    role: 'admin',
    summary: 'The private key of a certificate bound {at}, encrypted under a passphrase, or in clear if that is said',
    request: 'key-options',
    response: 'private-key',
    handle: async ({ certificates }, { caller, body }, level, name) => ({
      body: await certificates.key(caller.name, level, name, body),
      object: `/certificates/${level}/${name}/key (${body.clear ? 'in clear' : 'encrypted'})`,
    }),
  }),
];
