/** What one upload may cost, so that nothing a person or a program sends can hold up the controller. */

/** A chain with its key is 20 kB at most in practice, Debian's whole list of authorities 220 kB. */
export const maximumBytes = 1024 * 1024;

/** OpenSSL writes PKCS#12 with 2,048 iterations, careful tools with up to 600,000 (the OWASP figure for PBKDF2); 1,000,000 in pure JavaScript took 11 s. */
export const maximumIterations = 600_000;

/** Ordering compares every pair; public chains have 2 to 4 certificates. */
export const maximumCertificates = 32;

/** One key in each of its encodings; each encrypted one costs a derivation. */
export const maximumKeys = 4;

/** Backstop for a file that needs many derivations, each of them under the limit. */
export const unlockSeconds = 30;

/** Key generations and openings at a time: libuv has 4 threads, and files and name look-ups need some of them. */
export const maximumHeavyJobs = 2;
