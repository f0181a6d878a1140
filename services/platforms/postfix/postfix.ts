/** Postfix 3.5 and later as a platform: what its main.cf, master.cf and maps must say (docs/postfix.md). */
import type { Platform } from '../platform.ts';
import { check } from './check.ts';
import { drift } from './drift.ts';
import { edit } from './edit.ts';
import { render } from './render.ts';

export const postfix: Platform = {
  name: 'postfix',
  found: (facts) => facts.postfix !== undefined,
  check,
  render,
  edit,
  drift,
};
