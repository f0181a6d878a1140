// What a gateway can do to a push: refuse it, die of it, be full, restart. Each fault ends with the same outside check.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';

import type { MachineStatus, Outcome } from '../../../services/schema/types.generated.ts';
import { acceptsMail, skipLab, type Gateway } from '../../lab/harness.ts';
import { again, amend, commit, ended, rollOut } from '../harness.ts';
import { standing, stands, type Standing } from '../outside.ts';
import type { Signetd } from '../signetd.ts';
import { converges, isOutcome, renew, set, startWired, type Wired } from './steps.ts';
import { until } from './until.ts';
import { isPending, type Wire } from './wire.ts';

describe('a push meets a gateway', { skip: skipLab }, () => {
  let signet: Wired;
  let signetd: Signetd;
  let mx1: Gateway;
  let wire: Wire;
  let old: Standing;
  before(async () => {
    signet = await startWired('faults-gateway', { windowSeconds: 20, probeSeconds: 2 }, [25, 587]);
    ({ signetd, mx1, wire } = signet);
  });
  after(() => signet.down());

  /** Rolls out another certificate, which must end as `state` with these words; the old generation must stand. */
  async function failsOn(state: Outcome['state'], detail: RegExp, change: () => Promise<unknown>): Promise<void> {
    old = await standing(mx1);
    await change();

    const view = await rollOut(signetd, `meets a fault: ${state}`);

    isOutcome(view, state, detail);
    assert.equal(view.rollout.state, 'failed');
  }

  /** Takes port 587 for something of another's; when the command ends it has it. */
  const squat = `perl -MSocket -e '
    socket(my $s, AF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);
    bind($s, pack_sockaddr_in(587, INADDR_ANY)) && listen($s, 1) or exit 1; my $pid = fork; sleep(60), exit unless $pid;
    open(my $f, ">", "/run/squatter"); print $f $pid' </dev/null >/dev/null 2>&1 9<&-`;
  const evict = () => mx1.inside('kill $(cat /run/squatter)');
  const renewal = () => renew(signetd);

  it('a certificate file that its openssl cannot read is refused, and nothing changes', async () => {
    await mx1.inside(`cd /usr/bin && mv openssl openssl.real &&
      printf '#!/bin/sh\\ncase $1 in pkey | smime) exit 1 ;; esac\\nexec /usr/bin/openssl.real "$@"\\n' >openssl && chmod 755 openssl`);

    await failsOn('refused', /^invalid: files\/certificates\/mx\.pem has no private key that can be read$/, renewal);

    await stands(signetd, mx1, old);
    await mx1.inside('mv /usr/bin/openssl.real /usr/bin/openssl');
    await converges(signetd, mx1);
  });

  it('settings that its Postfix does not accept are refused, with its words', async () => {
    await mx1.inside(`cd /usr/sbin && mv postconf postconf.real &&
      printf '#!/bin/sh\\ncase "$*" in *generations*) echo "postconf: fatal: bad string length 0 < 1: myhostname =" >&2; exit 1 ;; esac\\nexec /usr/sbin/postconf.real "$@"\\n' >postconf && chmod 755 postconf`);

    await failsOn('refused', /^invalid: Postfix does not accept the new settings: .*myhostname/, () =>
      amend(signetd, set('/protocols/inbound/minimum', 'TLSv1.3')),
    );

    await stands(signetd, mx1, old);
    await mx1.inside('mv /usr/sbin/postconf.real /usr/sbin/postconf');
    await converges(signetd, mx1);
  });

  it('a port that something else listens on is refused before anything is touched', async () => {
    await mx1.inside(squat);

    await failsOn('refused', /^port-taken: .*587/, () =>
      amend(signetd, set('/listeners/submission', submission)),
    ).finally(evict);

    await stands(signetd, mx1, old);
    await converges(signetd, mx1, [25, 587]);
  });

  it('a port that is taken in the last moment kills master, and the gateway puts everything back', async () => {
    await amend(signetd, { op: 'remove', level: 'cluster', path: '/listeners/submission' });
    assert.equal((await rollOut(signetd, 'without submission')).rollout.state, 'succeeded');
    // The activation itself takes the port: it syncs after the port was tried and before master binds it.
    await mx1.inside(`cd /usr/bin && mv sync sync.real && cat >sync <<'END' && chmod 755 sync
#!/bin/sh
[ ! -e /var/lib/signet/pending ] || ${squat}
exec /usr/bin/sync.real "$@"
END`);

    await failsOn('reverted', /Postfix died of the new settings/, () =>
      amend(signetd, set('/listeners/submission', submission)),
    ).finally(() => mx1.inside('mv /usr/bin/sync.real /usr/bin/sync; kill $(cat /run/squatter)'));

    await stands(signetd, mx1, old);
    await converges(signetd, mx1, [25, 587]);
  });

  it('a full disk is refused, and has what it had', async () => {
    await failsOn('refused', /^no-space: .*full; make room/, async () => {
      await renewal();
      await mx1.inside('cat /dev/zero >/var/tmp/full 2>/dev/null || true');
    });

    await mx1.inside('rm /var/tmp/full');
    await stands(signetd, mx1, old, [25, 587]);
    await converges(signetd, mx1, [25, 587]);
  });

  it('a reload that does not happen is seen from outside, and reverted', async () => {
    await failsOn('reverted', /^public on .*: another certificate is served/, async () => {
      await renewal();
      // A smtpd that runs serves on for as long as it is asked; the hung master starts no new one.
      await mx1.inside('kill -STOP $(cat /var/spool/postfix/pid/master.pid)');
    });

    await mx1.inside('kill -CONT $(cat /var/spool/postfix/pid/master.pid)');
    await stands(signetd, mx1, old, [25, 587]);
    await converges(signetd, mx1, [25, 587]);
  });

  it('something else that answers in its place fails the probe, and the gateway reverts', async () => {
    await failsOn('reverted', /^public on 127\.\S+:25: another certificate is served/, async () => {
      await renewal();
      wire.impersonate(selfSigned());
    });

    wire.impersonate();
    await stands(signetd, mx1, old, [25, 587]);
    await converges(signetd, mx1, [25, 587]);
  });

  it('a gateway that loses power in the window reverts as it starts, and says so', async () => {
    old = await standing(mx1);
    await renewal();
    wire.impersonate(selfSigned());
    const { rollout = 0 } = await commit(signetd, 'meets a power cut');
    await until('the generation is pending', () => isPending(mx1));

    await mx1.kill();
    await mx1.start();

    const view = await ended(signetd, rollout);
    isOutcome(view, 'reverted', /^the machine restarted before it was confirmed/);
    const { problem } = await signetd.api<MachineStatus>('GET', '/machines/mx1/status');
    assert.equal(problem, view.outcomes[0]?.detail);
    wire.impersonate();
    await stands(signetd, mx1, old, [25, 587]);
    await converges(signetd, mx1, [25, 587]);
  });

  it('edits outside what Signet owns stay byte for byte while pushes go on', async () => {
    const comment = '# a caf\u00e9 of our own\n   \nmessage_size_limit =   20480000\n';
    await mx1.inside(`printf '%s' '${comment}' >>/etc/postfix/main.cf`);
    await mx1.inside(
      "printf 'local-filter  unix  -  n  n  -  -  pipe\\n  user=nobody argv=/bin/true\\n' >>/etc/postfix/master.cf",
    );
    await amend(signetd, set('/protocols/inbound/minimum', 'TLSv1.1'));

    const view = await rollOut(signetd, 'beside edits');

    isOutcome(view, 'confirmed');
    await stands(signetd, mx1, { revision: view.rollout.revision }, [25, 587]);
    assert.ok((await mx1.inside('cat /etc/postfix/main.cf')).includes(comment));
    assert.match(await mx1.inside('cat /etc/postfix/master.cf'), /^local-filter {2}unix .*\n {2}user=nobody argv=/m);
  });

  it('edits of what Signet owns are refused in words, kept, and taken back only when asked to', async () => {
    const edits = {
      'in main.cf': ['main.cf', 's/^smtpd_tls_ciphers = .*/smtpd_tls_ciphers = low/', /smtpd_tls_ciphers = low where/],
      'in master.cf': ['master.cf', '/-o smtpd_tls_security_level=/d', /master\.cf lacks -o smtpd_tls_security_level=/],
    } as const;
    for (const [where, [file, script, words]] of Object.entries(edits)) {
      await mx1.inside(`sed -i '${script}' /etc/postfix/${file}`);
      const edited = await mx1.inside(`cat /etc/postfix/${file}`);
      // Found by a look first, so that the push knows of it beforehand; the other one is found by the gateway.
      if (where === 'in master.cf') await signetd.api('POST', '/machines/mx1/probe');

      await renew(signetd);
      const view = await rollOut(signetd, `meets an edit ${where}`);

      isOutcome(view, 'refused', /^changed by hand: .*; put it into Signet, or push again with drift overwritten$/);
      assert.match(view.outcomes[0]?.detail ?? '', words);
      assert.equal(await mx1.inside(`cat /etc/postfix/${file}`), edited, 'the edit is kept');
      const { deployed } = await signetd.api<MachineStatus>('GET', '/machines/mx1/status');
      assert.match(deployed?.drift.join() ?? '', words);
      await acceptsMail(mx1);

      const { rollout, ...overwritten } = await again(signetd, { overwriteDrift: true });

      isOutcome({ rollout, ...overwritten }, 'confirmed');
      await stands(signetd, mx1, { revision: rollout.revision }, [25, 587]);
    }
  });

  it('an edit that was put into Signet goes on as what was committed', async () => {
    await mx1.inside("sed -i 's/^\\(smtpd_tls_[a-z_]*ciphers\\) = medium/\\1 = high/' /etc/postfix/main.cf");
    await amend(signetd, set('/protocols/inbound/ciphers', 'high'));

    const view = await rollOut(signetd, 'as edited');

    isOutcome(view, 'confirmed');
    await stands(signetd, mx1, { revision: view.rollout.revision }, [25, 587]);
  });
});

const submission = { interface: 'main', port: 587 };

function selfSigned() {
  const pem = execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-noenc',
      '-subj',
      '/CN=elsewhere',
      '-keyout',
      '-',
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return { key: pem, cert: pem };
}
