/** Postfix versions, as far as what is rendered depends on them. */

/** Tells whether `version` (postconf mail_version, such as 3.7.11 or 3.11-20250101) is MAJOR.MINOR or later. */
export function atLeast(version: string, major: number, minor: number): boolean {
  const [, foundMajor, foundMinor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  const found = Number(foundMajor);
  return found > major || (found === major && Number(foundMinor) >= minor);
}
