/** Takes secrets out of text that is about to be shown, logged or sent. The last line of defence, not the first. */

const rules: readonly (readonly [RegExp, string])[] = [
  // RFC 7468 labels; cut short or with line ends escaped (as in JSON) as well.
  [/-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----(?:[^-]|-(?!----))*(?:-----END \1PRIVATE KEY-----)?/g, '[private key]'],
  [/AGE-SECRET-KEY-1[A-Z0-9]+/gi, '[private key]'],
  // RFC 6750 section 2.1, RFC 7617.
  [/\b(Bearer|Basic) +[\w.~+/=-]{8,}/gi, '$1 [redacted]'],
  // The API's own tokens: the id stays, so that one can tell which.
  [/\b(signet_[0-9a-z]{1,32})_[\w-]{20,100}/g, '$1_[redacted]'],
  // RFC 3986 section 3.2.1.
  [/\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]+):[^\s/@]+@/gi, '$1:[redacted]@'],
  [named('"(?:[^"\\\\]|\\\\.)*"|\'[^\']*\''), '$1[redacted]'],
  [named('[^\\s"\',;&}\\])]+'), '$1[redacted]'],
];

/** `text` with private keys, bearer tokens, passwords and passphrases replaced by a word in brackets. */
export function redact(text: string): string {
  return rules.reduce((out, [pattern, instead]) => out.replace(pattern, instead), text);
}

/** `password=VALUE`, `"passphrase": "VALUE"`, `--token VALUE`, where the value looks like `value`. */
function named(value: string): RegExp {
  const name = '(?:pass(?:word|phrase|wd)?|secret|token|private_?key|master_?key)';
  return new RegExp(`((?:\\b|_|--)${name}["']?\\s*[=:]\\s*|--${name}\\s+)(?!\\[redacted\\])(?:${value})`, 'gi');
}
