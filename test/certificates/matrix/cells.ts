/** What the matrix is made of: kinds of keys, ways to be issued, and how much of it the gate runs. */
import type { CertificateRequest } from '../../../services/schema/types.generated.ts';

export type KeyKind = NonNullable<CertificateRequest['key']>;

/** Who signs the certificate, and over how many intermediates. */
export const issuances = {
  'self-signed': undefined,
  'signed by an authority with one intermediate': 1,
  'signed by an authority with two intermediates': 2,
} as const;

export type Issuance = keyof typeof issuances;

export const kinds = ['rsa-2048', 'rsa-4096', 'ec-p256', 'ec-p384'] as const satisfies readonly KeyKind[];

/** How a PKCS#12 file is protected, as in `signet certificate export --legacy`. */
export type Form = 'modern' | 'legacy';

export interface Cell {
  readonly kind: (typeof kinds)[number];
  readonly issuance: Issuance;
  readonly forms: readonly Form[];
}

const all: readonly Cell[] = kinds.flatMap((kind) =>
  (Object.keys(issuances) as Issuance[]).map((issuance) => ({ kind, issuance, forms: ['modern', 'legacy'] })),
);

/** The whole with SIGNET_TEST=full; else the shortest RSA chain and the longest EC one. */
export function cells(whole: boolean): readonly Cell[] {
  const sample: readonly Cell[] = [
    { kind: 'rsa-2048', issuance: 'self-signed', forms: ['modern'] },
    { kind: 'ec-p256', issuance: 'signed by an authority with two intermediates', forms: ['modern', 'legacy'] },
  ];
  return whole ? all : sample;
}
