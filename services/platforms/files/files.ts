/** Files for any other consumer of a certificate, as a platform of every machine (docs/services.md). */
import type { Platform } from '../platform.ts';
import { check } from './check.ts';
import { drift, linksOf } from './drift.ts';
import { render } from './render.ts';

export const files: Platform = {
  name: 'files',
  found: () => true,
  check,
  render,
  edit: ({ links }, wanted) => ({
    files: [],
    activation: 'reload',
    binds: [],
    missing: linksOf(wanted).filter((path) => links?.[path] === 'gone'),
  }),
  drift,
};
