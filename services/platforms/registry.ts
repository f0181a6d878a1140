/** The platforms Signet knows, in one list. */
import { files } from './files/files.ts';
import { ldap } from './ldap/ldap.ts';
import { nginx } from './nginx/nginx.ts';
import type { Platform } from './platform.ts';
import { postfix } from './postfix/postfix.ts';

export const platforms: readonly Platform[] = [postfix, ldap, nginx, files];
