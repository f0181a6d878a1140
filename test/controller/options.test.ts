import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { parseOptions, type Options } from '../../services/controller/options.ts';
import { isNamed } from '../../services/errors.ts';

function options(args: readonly string[], env: NodeJS.ProcessEnv = {}): Options {
  const parsed = parseOptions(args, env);
  assert.ok(typeof parsed === 'object');
  return parsed;
}

describe('the options of signetd', () => {
  it('need not be given', () => {
    const { state, host, port, tls, masterKey, store, windowSeconds } = options([]);

    assert.deepEqual([state, host, port, tls], ['/var/lib/signetd', '127.0.0.1', 7410, undefined]);
    assert.equal(masterKey, '/var/lib/signetd/master-key');
    assert.deepEqual(store, { kind: 'embedded', path: '/var/lib/signetd/signet.db' });
    assert.equal(windowSeconds, 60);
  });

  const places: Readonly<Record<string, readonly [host: string, port: number]>> = {
    '127.0.0.1:0': ['127.0.0.1', 0],
    'localhost:7410': ['localhost', 7410],
    '[::1]:7410': ['::1', 7410],
    '[::]:65535': ['::', 65_535],
  };
  for (const [text, [host, port]] of Object.entries(places)) {
    it(`listen at ${text}`, () => {
      const parsed = options(['--listen', text]);

      assert.deepEqual([parsed.host, parsed.port], [host, port]);
    });
  }

  it('come from flags first, then from the environment', () => {
    const env = { SIGNETD_STATE: '/a', SIGNETD_LISTEN: '127.0.0.1:1', SIGNETD_ETCD: 'http://etcd:2379' };

    const fromEnv = options([], env);
    const fromFlags = options(['--state', '/b', '--listen', '127.0.0.1:2', '--etcd', 'http://x:1,http://y:2'], env);

    assert.deepEqual([fromEnv.state, fromEnv.port, fromEnv.store.kind], ['/a', 1, 'etcd']);
    assert.deepEqual([fromFlags.state, fromFlags.port], ['/b', 2]);
    assert.ok(fromFlags.store.kind === 'etcd');
    assert.deepEqual(fromFlags.store.options, { hosts: ['http://x:1', 'http://y:2'], prefix: 'signet/' });
  });

  it('name a DNS server by its address', () => {
    const servers = ['198.18.0.53', '198.18.0.53:5353', '2001:db8::53', '[2001:db8::53]:5353'];

    assert.deepEqual(
      servers.map((server) => options(['--resolver', server]).resolver),
      servers,
    );
  });

  const refused: Readonly<Record<string, readonly [args: readonly string[], message: RegExp]>> = {
    'a flag there is none of': [['--stat', '/x'], /Unknown option '--stat'.*; see signetd --help$/],
    'a word that is no flag': [['start'], /Unexpected argument 'start'.*; see signetd --help$/],
    'a flag without its value': [['--state'], /'--state <value>' argument missing; see signetd --help$/],
    'an address without a port': [['--listen', '127.0.0.1'], /^--listen takes HOST:PORT, not "127.0.0.1"$/],
    'a port without an address': [['--listen', ':7410'], /^--listen takes HOST:PORT, not ":7410"$/],
    'a port that is too large': [['--listen', '127.0.0.1:65536'], /^--listen takes HOST:PORT/],
    'an IPv6 address without brackets': [['--listen', '::1:7410'], /^--listen takes HOST:PORT.*\[::1\]:7410/],
    'brackets that do not close': [['--listen', '[::1:7410'], /^--listen takes HOST:PORT/],
    'a certificate without its key': [['--tls-certificate', 'a'], /--tls-certificate and --tls-key together$/],
    'a key without its certificate': [['--tls-key', 'a'], /--tls-certificate and --tls-key together$/],
    'a DNS server by name': [['--resolver', 'dns.example.test'], /^--resolver takes an IP address/],
    'a window of no time': [['--window', '0'], /^--window takes a whole number of seconds/],
    'a window longer than a gateway takes': [['--window', '3601'], /^--window takes .* 1 to 3600/],
    'a probe that is no number': [['--probe', '5s'], /^--probe takes a whole number of seconds.*"5s"$/],
    'a probe that outlasts the window': [
      ['--window', '10', '--probe', '10'],
      /^--probe must be shorter than --window \(10 seconds\)/,
    ],
    'an etcd address that is no URL': [
      ['--etcd', 'etcd:2379'],
      /^--etcd takes http:\/\/ or https:\/\/ URLs, not "etcd:2379"/,
    ],
    'no etcd address between two commas': [['--etcd', 'http://a:1,,http://b:2'], /^--etcd takes .*URLs, not ""/],
    'a flag of etcd without etcd': [['--etcd-user', 'root'], /^--etcd-user means nothing without --etcd/],
    'an etcd certificate without its key': [
      ['--etcd', 'https://a:1', '--etcd-certificate', 'x'],
      /--etcd-certificate and --etcd-key together$/,
    ],
    'an etcd user without a password': [
      ['--etcd', 'https://a:1', '--etcd-user', 'x'],
      /--etcd-user and --etcd-password-file together$/,
    ],
  };
  for (const [what, [args, message]] of Object.entries(refused)) {
    it(`refuse ${what}`, () => {
      assert.throws(
        () => parseOptions(args, {}),
        (error: unknown) => {
          assert.ok(isNamed(error, 'invalid-input'));
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});
