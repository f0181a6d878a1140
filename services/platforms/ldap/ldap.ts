/** Lookups of Postfix in directories, as a platform of its own: files that its owner's settings refer to (docs/ldap.md). */
import type { Platform } from '../platform.ts';
import { check } from './check.ts';
import { render } from './render.ts';

export const ldap: Platform = {
  name: 'ldap',
  found: ({ postfix }) => postfix !== undefined,
  check,
  render,
  // Nothing of it is shared with anyone: it changes with the generation.
  edit: () => ({ files: [], activation: 'reload', binds: [] }),
  drift: () => [],
};
