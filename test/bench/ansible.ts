/** Ansible in the comparison, tuned: deploy/bench/push.yml and deploy/bench/ansible.cfg, a fork for every gateway. */
import { mkdirSync, writeFileSync } from 'node:fs';

import { certificatePair } from './certificates.ts';
import type { Contender } from './contender.ts';
import type { Fleet } from './fleet.ts';
import { childrenSeconds } from './processor.ts';
import { run } from './run.ts';
import { withMinimum, type PostfixSettings } from './settings.ts';

/** Where the playbook puts the certificate on a gateway. */
export const ansibleFolder = '/var/lib/bench/ansible';

export async function ansibleContender(fleet: Fleet, folder: string, settings: PostfixSettings): Promise<Contender> {
  const place = `${folder}/ansible`;
  mkdirSync(place);
  writeFileSync(`${place}/hosts`, fleet.gateways.map(({ address }) => `${address}\n`).join(''));
  const certificates = await certificatePair();
  let which = 0;
  let minimum = 'TLSv1.2';
  let connections = 0;
  let spent = 0;
  const flags = ['-i', `${place}/hosts`, '-f', String(fleet.gateways.length), '-e', `@${place}/variables.json`];
  const playbook = ['ansible-playbook', ...flags, 'deploy/bench/push.yml'];

  function controlPath(address: string): string {
    return `${place}/${connections}/${address}`;
  }

  /** Those that ControlPersist has kept are ended, and the next ones have a folder of their own. */
  async function disconnect(): Promise<void> {
    for (const { address } of fleet.gateways) {
      const control = ['-F', fleet.sshConfig, '-o', `ControlPath=${controlPath(address)}`];
      await run('ssh', [...control, '-O', 'exit', address]).catch(() => undefined);
    }
    connections += 1;
    mkdirSync(`${place}/${connections}`);
  }

  return {
    name: 'ansible',
    async prepare(push) {
      if (push !== 'same') which = 1 - which;
      if (push === 'cold') {
        minimum = minimum === 'TLSv1.2' ? 'TLSv1.3' : 'TLSv1.2';
        await disconnect();
      }
      writeFileSync(`${place}/mx.pem`, certificates[which]?.pem ?? '', { mode: 0o600 });
      const { master } = settings;
      const main = withMinimum(settings.main, minimum);
      const variables = { folder: ansibleFolder, pem: `${place}/mx.pem`, main, master };
      writeFileSync(`${place}/variables.json`, JSON.stringify(variables));
    },
    async push(push) {
      const env = {
        ANSIBLE_CONFIG: 'deploy/bench/ansible.cfg',
        ANSIBLE_SSH_ARGS: `-F ${fleet.sshConfig} -o ControlMaster=auto -o ControlPersist=600s`,
        ANSIBLE_SSH_CONTROL_PATH_DIR: `${place}/${connections}`,
        ANSIBLE_SSH_CONTROL_PATH: '%(directory)s/%%h',
      };
      const start = performance.now();
      // The shell is there for its `times`. What the ssh that ControlPersist keeps has used is not in it.
      const output = await run('sh', ['-c', '"$@" && times', 'sh', ...playbook], { env });
      const seconds = (performance.now() - start) / 1000;
      spent += childrenSeconds(output);
      const changed = output.match(/changed=(?!0)\d/g)?.length ?? 0;
      if (changed !== (push === 'same' ? 0 : fleet.gateways.length)) {
        throw new Error(`Ansible changed ${changed} gateways in its ${push} push: ${output.slice(-2000)}`);
      }
      return seconds;
    },
    spent: () => spent,
    fingerprint: () => certificates[which]?.fingerprint ?? '',
  };
}
