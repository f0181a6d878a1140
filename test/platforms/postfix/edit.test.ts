import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { isNamed } from '../../../services/errors.ts';
import { postfix } from '../../../services/platforms/postfix/postfix.ts';
import type { Facts, Manifest, PostfixFacts, PostfixService } from '../../../services/schema/types.generated.ts';
import { changed, facts, nothing } from './sample.ts';

const tls = { smtpd_tls_security_level: 'may' };
const ours = '# Signet sets:\n  -o smtpd_tls_security_level=may\n';

describe('a listener whose address and port are served already', () => {
  const cases: readonly (readonly [string, string, Partial<PostfixFacts>])[] = [
    ['smtp', 'all', {}],
    ['25', 'all', {}],
    [':smtp', 'all', {}],
    ['0.0.0.0:25', 'all', {}],
    ['[::]:smtp', 'all', {}],
    ['smtp', 'all', { parameters: { inet_interfaces: '127.0.0.1, 198.18.0.11' } }],
    ['smtp', '198.18.0.11', { parameters: { inet_interfaces: '198.18.0.11' } }],
    ['smtp', '0.0.0.0', { parameters: { inet_protocols: 'ipv4' } }],
    ['mail', 'all', { services: { mail: 25 } }],
    ['198.18.0.11:25', '198.18.0.11', {}],
    ['[198.18.0.11]:smtp', '198.18.0.11', {}],
    ['[2001:DB8:0:0::11]:25', '2001:db8::11', {}],
    ['[IPv6:2001:db8::11]:25', '2001:db8::11', {}],
  ];
  for (const [name, address, found] of cases) {
    it(`is the service ${name} for ${address}, taken over in place`, () => {
      const machine = withMasterCf(`${name} inet n - y - 7 smtpd -v\n  -o content_filter=scan\n# after\n`, found);

      const live = changed(machine, manifest([{ address, port: 25, options: tls }]));

      assert.equal(
        live.postfix?.masterCf,
        `${name} inet n - y - 7 smtpd -v\n  -o content_filter=scan\n${ours}# after\n`,
      );
    });
  }

  it('is both services when each family has its own', () => {
    const machine = withMasterCf('0.0.0.0:25 inet n - y - - smtpd\n[::]:25 inet n - y - - smtpd\n');

    const live = changed(machine, manifest([{ address: 'all', port: 25, options: tls }]));

    assert.equal(
      live.postfix?.masterCf,
      `0.0.0.0:25 inet n - y - - smtpd\n${ours}[::]:25 inet n - y - - smtpd\n${ours}`,
    );
  });

  it('loses the options that would override it, however they are spelled', () => {
    const machine = withMasterCf(
      'smtp inet n - y - - smtpd -o smtpd_tls_wrappermode=yes -o a=1\n' +
        '  -osmtpd_tls_protocols=TLSv1\n  -o { smtpd_tls_ciphers =\n  low } -o b=2\n',
    );

    const live = changed(machine, manifest([{ address: 'all', port: 25, options: tls }]));

    assert.equal(live.postfix?.masterCf, `smtp inet n - y - - smtpd -o a=1\n -o b=2\n${ours}`);
  });
});

describe('a listener that clashes with a service of others', () => {
  for (const line of [
    'smtp inet n - y - - smtpd',
    '25 inet n - n - 1 postscreen',
    'mx1.example.test:25 inet n - n - - smtpd',
  ]) {
    it(`is refused beside "${line}"`, () => {
      const machine = withMasterCf(`${line}\n`);

      assert.throws(
        () => changed(machine, manifest([{ address: '198.18.0.11', port: 25, options: tls }])),
        (error) => isNamed(error, 'invalid-configuration') && error.message.includes(line.split(' ')[0] ?? ''),
      );
    });
  }
});

describe('a new service', () => {
  it('is appended in one marked block, chroot as in the smtpd that was there', () => {
    const machine = withMasterCf('smtp inet n - y - - smtpd\n');

    const live = changed(machine, manifest([{ address: '2001:db8::11', port: 587, options: { myhostname: 'a b' } }]));

    assert.equal(
      live.postfix?.masterCf,
      'smtp inet n - y - - smtpd\n' +
        '# BEGIN Signet: what stands here is written by Signet and overwritten by its next change\n' +
        '[2001:db8::11]:587 inet  n       -       y       -       -       smtpd\n' +
        '# Signet sets:\n  -o { myhostname = a b }\n# END Signet\n',
    );
  });

  it('takes columns and other options from the service whose place it takes, which is set aside until it goes', () => {
    const text = '# first\nsmtp inet n - y - 9 smtpd\n  -o content_filter=scan\n# last\n';
    const original = withMasterCf(text);
    const all = manifest([{ address: 'all', port: 25, options: tls }]);
    const one = manifest([{ address: '198.18.0.11', port: 25, options: tls }]);
    const before = changed(original, all);

    const live = changed(before, one, all, original);

    assert.equal(
      live.postfix?.masterCf,
      '# first\n# Set aside by Signet: smtp inet n - y - 9 smtpd\n# Set aside by Signet:   -o content_filter=scan\n# last\n' +
        '# BEGIN Signet: what stands here is written by Signet and overwritten by its next change\n' +
        `198.18.0.11:25 inet n - y - 9 smtpd\n  -o content_filter=scan\n${ours}# END Signet\n`,
    );
    assert.equal(changed(live, all, one, original).postfix?.masterCf, before.postfix?.masterCf);
    assert.equal(changed(live, nothing, one, original).postfix?.masterCf, text);
  });
});

describe('a service that Signet lets go', () => {
  const wanted = manifest([{ address: 'all', port: 25, options: tls }]);
  const original = withMasterCf('smtp inet n - y - - smtpd -o smtpd_tls_wrappermode=yes -o a=1\n');
  const live = changed(original, wanted);

  it('keeps what its owner changed in the meantime, and gets back what was taken out', () => {
    const byHand = edited(live, (text) => text.replace('-o a=1', '-o a=2'));

    const back = changed(byHand, nothing, wanted, original);

    assert.equal(back.postfix?.masterCf, 'smtp inet n - y - - smtpd -o a=2\n  -o smtpd_tls_wrappermode=yes\n');
  });

  it('is found again under another spelling', () => {
    const byHand = edited(live, (text) => text.replace('smtp inet', '0.0.0.0:25 inet'));

    const back = changed(byHand, nothing, wanted, original);

    assert.match(back.postfix?.masterCf ?? '', /^0\.0\.0\.0:25 inet .* -o a=1\n {2}-o smtpd_tls_wrappermode=yes\n$/);
  });

  it('goes with its listener when it was not there before join', () => {
    const later = edited(original, (text) => `${text}587 inet n - y - - smtpd -o smtpd_tls_security_level=encrypt\n`);
    const both = manifest([{ address: 'all', port: 587, options: tls }]);

    const back = changed(changed(later, both, undefined, original), nothing, both, original);

    assert.equal(back.postfix?.masterCf, original.postfix?.masterCf);
  });

  it('is smtpd again when that was changed by hand while Signet had it', () => {
    const byHand = edited(live, (text) => text.replace('smtpd -o a=1', 'postscreen'));

    const again = changed(byHand, wanted, wanted, original);

    assert.equal(again.postfix?.masterCf, live.postfix?.masterCf);
  });
});

describe('parameters of main.cf', () => {
  const cases: readonly {
    readonly title: string;
    readonly before: string;
    readonly wanted: Readonly<Record<string, string>>;
    readonly after: string;
  }[] = [
    {
      title: 'are replaced where they stand, with the lines that continue them',
      before: 'a = 1\nsmtp_tls_loglevel = 2,\n# why\n  3\nb = 2\n',
      wanted: { smtp_tls_loglevel: '1' },
      after: 'a = 1\nsmtp_tls_loglevel = 1\nb = 2\n',
    },
    {
      title: 'are replaced in the last of several lines, which is the one that counts',
      before: 'smtp_tls_loglevel = 2\na = 1\nsmtp_tls_loglevel = 3\n',
      wanted: { smtp_tls_loglevel: '1' },
      after: 'smtp_tls_loglevel = 2\na = 1\nsmtp_tls_loglevel = 1\n',
    },
    {
      title: 'keep their spelling when the value is right already',
      before: 'smtp_tls_loglevel=1  \r\na = 1\r\n',
      wanted: { smtp_tls_loglevel: '1' },
      after: 'smtp_tls_loglevel=1  \r\na = 1\r\n',
    },
    {
      title: 'that are wanted empty are emptied where set and not added elsewhere',
      before: 'smtp_tls_CApath = /etc/ssl/certs\n',
      wanted: { smtp_tls_CApath: '', smtp_tls_cert_file: '' },
      after: 'smtp_tls_CApath =\n',
    },
    {
      title: 'are added in one block, with the line ends of the file, also after a last line that has none',
      before: 'a = 1\r\nb = 2',
      wanted: { smtp_tls_loglevel: '1', smtp_helo_name: 'mx1.example.test' },
      after:
        'a = 1\r\nb = 2\r\n# BEGIN Signet (with the line end before): what stands here is written by Signet and overwritten by its next change\r\n' +
        'smtp_helo_name = mx1.example.test\r\nsmtp_tls_loglevel = 1\r\n# END Signet\r\n',
    },
    {
      title: 'are not taken from comments, nor from lines that Postfix ignores',
      before: '  smtp_tls_loglevel = 4\n#smtp_tls_loglevel = 2\na = 1\n  smtp_tls_loglevel = 3\n',
      wanted: { smtp_tls_loglevel: '1' },
      after:
        '  smtp_tls_loglevel = 4\n#smtp_tls_loglevel = 2\na = 1\n  smtp_tls_loglevel = 3\n' +
        '# BEGIN Signet: what stands here is written by Signet and overwritten by its next change\nsmtp_tls_loglevel = 1\n# END Signet\n',
    },
  ];
  for (const { title, before, wanted, after } of cases) {
    it(title, () => {
      const machine = facts({ mainCf: before });
      const intent = manifest([], wanted);

      const live = changed(machine, intent);

      assert.equal(live.postfix?.mainCf, after);
      assert.equal(changed(live, nothing, intent, machine).postfix?.mainCf, before);
    });
  }

  it('that were set once more by hand are set in one place again', () => {
    const original = facts({ mainCf: 'smtp_tls_loglevel = 2\na = 1\n' });
    const wanted = manifest([], { smtp_tls_loglevel: '1' });
    const byHand = facts({ mainCf: 'smtp_tls_loglevel = 1\na = 1\nsmtp_tls_loglevel = 4\n' });

    const live = changed(byHand, wanted, wanted, original);

    assert.equal(live.postfix?.mainCf, 'smtp_tls_loglevel = 1\na = 1\n');
  });

  it('lose what was added by hand inside and right after the block', () => {
    const original = facts({ mainCf: 'a = 1\n' });
    const wanted = manifest([], { smtp_tls_loglevel: '1' });
    const live = changed(original, wanted);
    const byHand = facts({
      mainCf: `${(live.postfix?.mainCf ?? '').replace('# END', 'b = 2\n# END')}  more\nc = 3\n`,
    });

    const again = changed(byHand, wanted, wanted, original);

    assert.equal(again.postfix?.mainCf, `${live.postfix?.mainCf ?? ''}c = 3\n`);
  });
});

describe('how a change goes live', () => {
  const cases: readonly {
    readonly title: string;
    readonly previous: readonly (readonly [string, number])[];
    readonly wanted: readonly (readonly [string, number])[];
    readonly activation: string;
    readonly binds: readonly (readonly [string, number])[];
  }[] = [
    { title: 'a service taken over', previous: [], wanted: [['all', 25]], activation: 'reload', binds: [] },
    {
      title: 'new ports',
      previous: [],
      wanted: [['198.18.0.11', 465], ['0.0.0.0', 587]], // prettier-ignore
      activation: 'reload',
      binds: [['198.18.0.11', 465], ['all', 587]], // prettier-ignore
    },
    {
      title: 'an address out of all: master would bind it before it closes the other',
      previous: [['all', 25]],
      wanted: [['198.18.0.11', 25]],
      activation: 'restart',
      binds: [],
    },
    {
      title: 'all in place of one address',
      previous: [['198.18.0.11', 587]],
      wanted: [['all', 587]],
      activation: 'restart',
      binds: [],
    },
    {
      title: 'another address on the same port',
      previous: [['198.18.0.11', 587]],
      wanted: [['198.18.0.12', 587]],
      activation: 'reload',
      binds: [['198.18.0.12', 587]],
    },
    {
      title: 'all IPv4 addresses in place of an IPv6 address',
      previous: [['2001:db8::11', 587]],
      wanted: [['0.0.0.0', 587]],
      activation: 'reload',
      binds: [['all', 587]],
    },
  ];
  for (const { title, previous, wanted, activation, binds } of cases) {
    it(`is a ${activation} before Postfix 3.6, and always a reload after, for ${title}`, () => {
      const original = facts({ version: '3.5.25' });
      const before = manifest(previous.map(([address, port]) => ({ address, port, options: tls })));
      const after = manifest(wanted.map(([address, port]) => ({ address, port, options: tls })));

      const change = postfix.edit(changed(original, before), after, before, original);

      assert.equal(change.activation, activation);
      const newer = changed(facts({ version: '3.6.0' }), before);
      assert.equal(postfix.edit(newer, after, before, facts({ version: '3.6.0' })).activation, 'reload');
      assert.deepEqual(
        change.binds.map(({ address, port }) => [address, port]),
        binds,
      );
    });
  }

  it('concerns main.cf and master.cf where the machine keeps them', () => {
    const { files } = postfix.edit(facts({ configDirectory: '/srv/postfix' }), nothing, undefined, facts());

    assert.deepEqual(
      files.map(({ path, before, after }) => [path, before === after]),
      [
        ['/srv/postfix/main.cf', true],
        ['/srv/postfix/master.cf', true],
      ],
    );
  });
});

function manifest(services: readonly PostfixService[], parameters: Readonly<Record<string, string>> = {}): Manifest {
  return { ...nothing, postfix: { parameters, services } };
}

function withMasterCf(masterCf: string, changes: Partial<PostfixFacts> = {}): Facts {
  return facts({ masterCf, ...changes });
}

function edited(machine: Facts, change: (masterCf: string) => string): Facts {
  return machine.postfix
    ? { ...machine, postfix: { ...machine.postfix, masterCf: change(machine.postfix.masterCf) } }
    : machine;
}
