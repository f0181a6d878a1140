/** A gateway that is left alone while both sides change: each difference is shown, decided, and comes out as decided. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import type { MachineView, ReconnectPlan } from '../../services/schema/types.generated.ts';
import { skipLab, type Gateway } from '../lab/harness.ts';
import { cli, hostKeyOf, joinWords, served, type Cli } from './cli.ts';
import { startScenario, type Scenario } from './harness.ts';

describe('a gateway that is disconnected', { skip: skipLab }, () => {
  let scenario: Scenario;
  let signet: Cli;
  let mx1: Gateway;
  let mx2: Gateway;
  let login: readonly string[];
  let own = '';

  const files = ({ inside }: Gateway) =>
    inside('sha256sum /etc/postfix/*.cf; stat -c "%n %Y %i" /etc/postfix/*.cf; ls /var/lib/signet/generations');
  const parameter = ({ inside }: Gateway, name: string) => inside(`postconf -h ${name}`).then((text) => text.trim());
  const plan = () => signet.json<ReconnectPlan>('machine', 'reconnect', 'mx1', '--plan', ...login);
  const byPath = async () => new Map((await plan()).differences.map((one) => [one.path, one]));
  const minimum = 'protocols/inbound/minimum';
  const certificate = 'listeners/public/certificate';

  before(async () => {
    scenario = await startScenario('disconnect', 2);
    const [first, second] = scenario.gateways;
    assert.ok(first && second);
    [mx1, mx2] = [first, second];
    signet = cli(scenario.signetd);
    login = ['--identity', mx1.key];
    for (const gateway of [mx1, mx2]) await signet.done(...(await joinWords(gateway)));
    const names = [mx1, mx2].flatMap(({ hostname }) => ['--dns', hostname]);
    await signet.done('certificate', 'create', 'mx', '--level', 'cluster', '--cn', 'mx.test', ...names);
    await signet.done('set', 'cluster', certificate, 'mx');
    await signet.done('commit', '-m', 'a certificate');
    await mx1.inside(`cd /etc/ssl && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 \
      -subj /CN=own.test -addext subjectAltName=DNS:${mx1.hostname} -keyout own.key -out own.crt 2>/dev/null
      cat own.key own.crt >own.pem && chmod 600 own.pem own.key`);
    const print = await mx1.inside('openssl x509 -in /etc/ssl/own.crt -noout -fingerprint -sha256');
    own = print.trim().split('=')[1]?.replaceAll(':', '').toLowerCase() ?? '';
  });
  after(() => scenario.down());

  it('is passed by while the others get what is committed, and does not change by a byte', async () => {
    await signet.done('machine', 'disconnect', 'mx1', '--reason', 'its owner works on it');
    await mx1.inside(`set -e
      postconf -e 'smtpd_tls_protocols = >=TLSv1.3' 'smtpd_tls_mandatory_protocols = >=TLSv1.3' 'smtpd_tls_loglevel = 2'
      postconf -P smtp/inet/smtpd_tls_chain_files=/etc/ssl/own.pem && postfix reload 2>/dev/null`);
    const edited = await files(mx1);
    await signet.done('set', 'cluster', 'protocols/inbound/ciphers', 'high');
    await signet.done('set', 'cluster', 'protocols/outbound/minimum', 'TLSv1.3');

    assert.match(await signet.done('commit', '-m', 'while mx1 is away'), /1 confirmed/);

    assert.equal(await parameter(mx2, 'smtpd_tls_ciphers'), 'high');
    assert.equal(await files(mx1), edited);
    assert.match(await signet.done('machine', 'list'), /disconnected since .* by admin: its owner works on it/);
    assert.match(await signet.fails(3, 'rollout', 'start', '--machine', 'mx1'), /mx1 is disconnected since/);
    assert.match(await signet.fails(3, 'machine', 'probe', 'mx1'), /mx1 is disconnected since/);
    assert.equal(await files(mx1), edited);
  });

  it('shows at reconnect what was changed on either side, and without the login of root what it may not read', async () => {
    const found = await byPath();

    const kinds = [...found].map(([path, { changed, obstacle }]) => [path, changed, obstacle !== undefined]);
    assert.deepEqual(kinds, [
      ['/listeners/public/certificate', 'machine', false],
      ['/protocols/inbound/ciphers', 'configuration', false],
      ['/protocols/inbound/minimum', 'machine', false],
      ['/protocols/outbound/minimum', 'configuration', false],
      ['main.cf smtpd_tls_loglevel', 'machine', true],
    ]);
    const { before: was, configuration, machine, earlier } = found.get(`/${minimum}`) ?? {};
    assert.deepEqual([was, configuration, machine, earlier], ['TLSv1.2', 'TLSv1.2', 'TLSv1.3', false]);
    const { differences } = await signet.json<ReconnectPlan>('machine', 'reconnect', 'mx1', '--plan');
    assert.match(differences.map(({ obstacle = '' }) => obstacle).join(), /could not be read/);
    assert.ok(scenario.signetd.answers.every((answer) => !answer.includes('PRIVATE KEY')));
  });

  it('is refused as long as a difference has no decision, and nothing changes by that', async () => {
    const edited = await files(mx1);

    assert.match(
      await signet.fails(3, 'machine', 'reconnect', 'mx1', ...login, '--take', certificate),
      /mx1 stays disconnected: 2 differences wait for a decision, \/protocols\/inbound\/minimum, main.cf smtpd_tls_loglevel/,
    );
    assert.match(await signet.fails(3, 'machine', 'reconnect', 'mx1', ...login, '--take-all'), /can only be kept/);

    assert.equal(await files(mx1), edited);
    assert.match(await signet.done('machine', 'status', 'mx1'), /disconnected since/);
  });

  it('is refused when the machine has changed since its plan was shown', async () => {
    const { id } = await plan();
    await mx1.inside("postconf -e 'smtpd_tls_loglevel = 3'");

    assert.match(
      await signet.fails(3, 'machine', 'reconnect', 'mx1', ...login, '--accept', id, '--keep-all'),
      /mx1, or the configuration for it, is not as it was shown any more/,
    );
    assert.equal(await parameter(mx1, 'smtpd_tls_loglevel'), '3');
  });

  it('comes back with one kept and one taken, as seen from outside', async () => {
    const { id } = await plan();
    const words = ['--keep', minimum, '--take', certificate, '--keep', 'main.cf smtpd_tls_loglevel'];

    const out = await signet.done('machine', 'reconnect', 'mx1', ...login, '--accept', id, ...words);

    assert.match(out, /mx1 is connected again[^]*1 confirmed/);
    assert.equal(await served(mx1), own);
    assert.notEqual(await served(mx2), own);
    assert.equal(await parameter(mx1, 'smtpd_tls_protocols'), '>=TLSv1.2');
    assert.equal(await parameter(mx1, 'smtpd_tls_loglevel'), '1');
    assert.equal(await parameter(mx1, 'smtpd_tls_ciphers'), 'high');
    const { status } = await signet.json<MachineView>('machine', 'show', 'mx1');
    assert.deepEqual([status.disconnected, status.problem, status.deployed?.drift], [undefined, undefined, []]);
    assert.equal(status.deployed?.digest, status.wanted?.digest);
  });

  it('comes back unchanged without a question, where nothing was changed on it', async () => {
    await signet.done('machine', 'disconnect', 'mx2');

    assert.match(await signet.done('machine', 'reconnect', 'mx2', '--plan'), /nothing was changed on it/);
    assert.match(await signet.done('machine', 'reconnect', 'mx2'), /1 unchanged/);
  });

  it('is called so only once a push that was under way has ended', async () => {
    await mx2.inside(`cd /usr/sbin && cp postconf postconf.real && rm postconf
      printf '#!/bin/sh\ncase "$*" in *generations*) sleep 4 ;; esac\nexec /usr/sbin/postconf.real "$@"\n' >postconf && chmod 755 postconf`);
    const wait = async (file: string) => mx2.inside(`until ls ${file} >/dev/null 2>&1; do sleep 0.05; done`);
    await signet.done('set', 'machine/mx2', 'protocols/inbound/ciphers', 'medium');
    await signet.done('commit', '-m', 'slow', '--no-watch');
    await wait('/var/lib/signet/generations/*/live/etc/postfix');

    await signet.done('machine', 'disconnect', 'mx2');

    const then = await files(mx2);
    assert.equal(await parameter(mx2, 'smtpd_tls_ciphers'), 'medium', 'it was finished');
    await sleep(6_000);
    assert.equal(await files(mx2), then);
    await mx2.inside('mv /usr/sbin/postconf.real /usr/sbin/postconf');
    assert.match(await signet.done('machine', 'reconnect', 'mx2'), /1 unchanged/);
  });

  it('keeps, by its layer, a client certificate, authorities and destinations that were set on it by hand', async () => {
    await signet.done('machine', 'disconnect', 'mx1');
    await mx1.inside(`set -e
      cp /etc/ssl/own.crt /etc/ssl/own-ca.pem
      echo 'partner.test verify match=mx.partner.test' >/etc/postfix/own_policy
      postconf -e 'smtp_tls_chain_files = /etc/ssl/own.pem' 'smtp_tls_CAfile = /etc/ssl/own-ca.pem' \
        'smtp_tls_policy_maps = texthash:/etc/postfix/own_policy'
      postfix reload 2>/dev/null`);
    const found = await byPath();
    assert.deepEqual(
      ['/destinations', '/outbound/certificate', '/outbound/trust'].filter((path) => !found.has(path)),
      [],
      [...found.keys()].join(),
    );

    const out = await signet.done('machine', 'reconnect', 'mx1', ...login, '--take-all', '--no-rollout');

    assert.match(out, /mx1 is connected again\n$/);
    assert.equal(await parameter(mx1, 'smtp_tls_CAfile'), '/etc/ssl/own-ca.pem', 'nothing was pushed');
    await signet.done('rollout', 'start', '--machine', 'mx1', '--overwrite-drift');
    const shown = await mx1.inside(`postmap -q partner.test "$(postconf -h smtp_tls_policy_maps)"
      cat "$(postconf -h smtp_tls_CAfile)" | openssl x509 -noout -fingerprint -sha256
      openssl x509 -in "$(postconf -h smtp_tls_chain_files)" -noout -fingerprint -sha256
      postconf -h smtp_tls_policy_maps smtp_tls_CAfile smtp_tls_chain_files | cut -d/ -f2-4`);
    const [policy, authority, client, ...places] = shown.trim().split('\n');
    assert.match(policy ?? '', /^secure match=mx\.partner\.test/);
    for (const print of [authority, client]) {
      assert.equal(print?.split('=')[1]?.replaceAll(':', '').toLowerCase(), own);
    }
    assert.deepEqual(places, ['var/lib/signet', 'var/lib/signet', 'var/lib/signet']);
  });

  it('joins by a list without adopting, and not where its nginx has the port that Signet is to serve', async () => {
    await signet.done('machine', 'leave', 'mx2', '--restore-original', '--yes');
    await mx2.inside(`rm -f /etc/nginx/sites-enabled/*; mkdir -p /etc/nginx/conf.d
      echo 'server { listen 8443; }' >/etc/nginx/conf.d/own.conf; nginx`);
    const https = { port: 8443, certificate: 'mx' };
    await signet.done('set', 'cluster', 'interfaces/main/https', JSON.stringify(https));
    await signet.done('commit', '-m', 'https', '--no-rollout');
    const list = join(mkdtempSync(join(tmpdir(), 'signet-list-')), 'fleet');
    writeFileSync(list, `mx2 ${mx2.address} ${await hostKeyOf(mx2)}\n`);
    const words = ['machine', 'join', '--list', list, ...login, '--yes', '--discard'];
    const before_ = await mx2.inside('sha256sum /etc/postfix/*.cf; ls -d /usr/local/lib/signet 2>/dev/null; true');

    const { stdout, stderr } = await signet.run(...words);

    assert.match(stdout + stderr, /another server of nginx listens on .*8443 already; take it out/);
    assert.equal(
      await mx2.inside('sha256sum /etc/postfix/*.cf; ls -d /usr/local/lib/signet 2>/dev/null; true'),
      before_,
    );
    await mx2.inside('rm /etc/nginx/conf.d/own.conf; nginx -s reload; sleep 0.5');
    assert.match(await signet.done(...words), /1 confirmed/);
    assert.equal(
      await mx2.inside('echo | openssl s_client -connect 127.0.0.1:8443 2>/dev/null | grep -c "^subject=CN = mx.test"'),
      '1\n',
    );
    rmSync(dirname(list), { recursive: true });
  });
});

describe('a gateway that was adopted and is disconnected', { skip: skipLab }, () => {
  let scenario: Scenario;
  let signet: Cli;
  let mx1: Gateway;

  const files = () =>
    mx1.inside(
      'sha256sum /etc/postfix/* /etc/ssl/own/* 2>/dev/null; cat /var/spool/postfix/pid/master.pid; ls /var/lib/signet',
    );
  const renew = `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN=own.test \
    -keyout /etc/ssl/own/mx.key -out /etc/ssl/own/mx.pem 2>/dev/null`;
  const isInSync = async () => {
    const { status } = await signet.json<MachineView>('machine', 'show', 'mx1');
    assert.deepEqual([status.disconnected, status.problem, status.deployed?.drift], [undefined, undefined, []]);
    assert.equal(status.deployed?.digest, status.wanted?.digest);
    assert.ok(status.served.length > 0 && status.served.every(({ verdict }) => verdict === 'match'));
  };

  before(async () => {
    scenario = await startScenario('disconnect-adopted', 1);
    assert.ok(scenario.gateways[0]);
    mx1 = scenario.gateways[0];
    signet = cli(scenario.signetd);
    await mx1.inside(`mkdir -p /etc/ssl/own && ${renew} && postconf -e smtpd_tls_cert_file=/etc/ssl/own/mx.pem \
      smtpd_tls_key_file=/etc/ssl/own/mx.key smtpd_tls_security_level=may smtpd_tls_loglevel=1 \
      'smtpd_tls_protocols = >=TLSv1.2' && postfix reload 2>/dev/null`);
    await signet.done(...(await joinWords(mx1)), '--adopt');
    await signet.done('machine', 'disconnect', 'mx1');
  });
  after(() => scenario.down());

  it('stays as it was found where nothing was changed', async () => {
    const found = await files();

    assert.match(await signet.done('machine', 'reconnect', 'mx1'), /nothing was changed on it[^]*1 unchanged/);

    assert.equal(await files(), found);
    await isInSync();
  });

  it('stays as it is where all that was changed on it is taken', async () => {
    await signet.done('machine', 'disconnect', 'mx1');
    await mx1.inside(`${renew}; postconf -e 'smtpd_tls_protocols = >=TLSv1.3' && postfix reload 2>/dev/null`);
    const [edited, leaf] = [await files(), await served(mx1)];
    const login = ['--identity', mx1.key];
    const { differences } = await signet.json<ReconnectPlan>('machine', 'reconnect', 'mx1', '--plan', ...login);
    assert.deepEqual(
      differences.map(({ path, changed, obstacle }) => [path, changed, obstacle]),
      [
        ['/listeners/public/certificate', 'machine', undefined],
        ['/protocols/inbound/minimum', 'machine', undefined],
      ],
    );

    assert.match(await signet.done('machine', 'reconnect', 'mx1', ...login, '--take-all'), /1 unchanged/);

    assert.equal(await files(), edited);
    assert.equal(await served(mx1), leaf);
    await isInSync();
    const { value } = await signet.json<{ value: string }>('explain', 'mx1', 'protocols/inbound/minimum');
    assert.equal(value, 'TLSv1.3');
    assert.match(await signet.done('machine', 'probe', 'mx1'), /match/);
    await isInSync();
  });
});
