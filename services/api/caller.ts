/** Who asks: the token of the request. */

export type Role = 'viewer' | 'operator' | 'admin';

export interface Caller {
  /** The author of drafts and commits, the actor of the audit trail. */
  readonly name: string;
  readonly role: Role;
}
