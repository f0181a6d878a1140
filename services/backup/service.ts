/** Backup's shell: the configuration as a file, and a file as a draft. */
import type { ConfigService } from '../config/service.ts';
import { NamedError } from '../errors.ts';
import type { MachineService } from '../machines/service.ts';
import type { AuthorityRecords, AuthorityService } from '../pki/authority/contract.ts';
import type { Binding, PkiService } from '../pki/service.ts';
import { parse } from '../schema/parse.ts';
import type { Archive, ConfigurationFile } from '../schema/types.generated.ts';
import type { BackupService } from './contract.ts';
import { lock, unlock } from './lock.ts';
import { operationsTo } from './operations.ts';
import { references } from './references.ts';
import { sealed, unsealed } from './sealed.ts';

export interface BackupDeps {
  readonly config: ConfigService;
  readonly machines: MachineService;
  readonly pki: PkiService;
  readonly authorities: AuthorityService;
  readonly now: () => Date;
}

export function backupService({ config, machines, pki, authorities, now }: BackupDeps): BackupService {
  return {
    async save({ revision, passphrase }) {
      const number = revision ?? (await config.head()).number;
      const configuration = await config.configuration(number);
      const archives = [...(await machines.archives())].sort((a, b) => (a.id < b.id ? -1 : 1));
      const { keys, chains, bundles } = references(configuration, archives);
      const carried = await authorities.records();
      const secretKeys = Object.fromEntries(
        await Promise.all([...keys, ...keysOf(carried)].map(async (id) => [id, await pki.keyPem(id)] as const)),
      );
      const rest: Omit<ConfigurationFile, 'secrets'> = {
        signet: 1,
        saved: now().toISOString(),
        revision: number,
        configuration,
        registrations: (await machines.list()).filter(({ id }) =>
          Object.values(configuration.machines).some((entry) => entry.id === id),
        ),
        chains: Object.fromEntries(await Promise.all(chains.map(async (id) => [id, await pki.chain(id)] as const))),
        bundles: Object.fromEntries(await Promise.all(bundles.map(async (id) => [id, await pki.bundle(id)] as const))),
        ...(archives.length > 0 ? { archives } : {}),
        ...(carried.authorities.length > 0 ? carried : {}),
      };
      const file: ConfigurationFile = { ...rest, secrets: await lock(sealed(rest, secretKeys), passphrase) };
      return `${JSON.stringify(file, null, 2)}\n`;
    },

    async load(author, text, passphrase) {
      const file = read(text);
      const keys = unsealed(file, await unlock(file.secrets, passphrase));
      const archives = file.archives ?? [];
      const needed = references(file.configuration, archives);
      const carried: AuthorityRecords = { authorities: file.authorities ?? [], issued: file.issued ?? [] };
      const missing = [
        ...[...needed.keys, ...keysOf(carried)].filter((id) => !Object.hasOwn(keys, id)).map((id) => `key ${id}`),
        ...needed.chains.filter((id) => !Object.hasOwn(file.chains, id)).map((id) => `chain ${id}`),
        ...needed.bundles.filter((id) => !Object.hasOwn(file.bundles, id)).map((id) => `bundle ${id}`),
      ];
      if (missing.length > 0) {
        throw new NamedError(
          'invalid-input',
          `the configuration file lacks ${missing[0] ?? ''}; nothing was loaded; save it again from the controller it came from`,
          {
            findings: missing.map((detail) => ({ detail: `missing ${detail}` })),
          },
        );
      }
      await checkDraft(author);
      await authorities.checkRecords(carried, keys);
      // Blobs first: they are immutable and named by their content, so what is brought in for nothing does no harm.
      for (const binding of needed.bindings) {
        await restore(pki, binding, keys[binding.key] ?? '', file.chains[binding.chain] ?? []);
      }
      for (const id of needed.bundles) await pki.putBundle(file.bundles[id] ?? '');
      await authorities.restore(carried, keys);
      for (const archive of archives) await keep(archive);
      const present = await config.configuration((await config.head()).number);
      const operations = operationsTo(present, file.configuration);
      if (operations.length > 0) await config.amend(author, operations);
      const admitted = new Set(operations.flatMap((operation) => (operation.op === 'admit' ? [operation.id] : [])));
      const waiting = file.registrations.filter(({ id }) => admitted.has(id));
      for (const registration of waiting) await machines.put({ ...registration, state: 'waiting' });
      return { operations, unknownMachines: waiting.map(({ name }) => name), certificates: needed.bindings.length };
    },
  };

  /** Whichever of two archives of a machine is from its later leave stays. */
  async function keep(archive: Archive): Promise<void> {
    const present = await machines.archive(archive.id);
    if (!present || present.left < archive.left) await machines.putArchive(archive);
  }

  /** A file stands for a whole configuration: mixed with other changes, the draft would be neither. */
  async function checkDraft(author: string): Promise<void> {
    const { length } = (await config.draft(author)).operations;
    if (length === 0) return;
    throw new NamedError(
      'precondition-failed',
      `the draft of ${author} holds ${length} ${length === 1 ? 'change' : 'changes'} already; commit or discard it first, then load the file`,
    );
  }
}

function read(text: string): ConfigurationFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new NamedError(
      'invalid-input',
      'this is not a configuration file: it is not JSON; give a file that "signet config save" wrote',
      { cause },
    );
  }
  if (
    typeof value === 'object' &&
    value !== null &&
    'signet' in value &&
    typeof value.signet === 'number' &&
    value.signet > 1
  ) {
    throw new NamedError(
      'invalid-input',
      `the configuration file has format version ${value.signet}, newer than this controller's 1; load it with a newer Signet`,
    );
  }
  return parse('configuration-file', value, 'the configuration file');
}

/** The ids of the keys that the authorities sign with. */
function keysOf({ authorities }: AuthorityRecords): readonly string[] {
  return authorities.flatMap(({ root, issuing }) => [root.key, issuing.key]);
}

/** Imports a key and its chain, and holds what came out against the names the configuration has for them. */
async function restore(
  pki: PkiService,
  { key, chain }: Binding,
  keyPem: string,
  certificates: readonly string[],
): Promise<void> {
  const { binding } = await pki.importPem([keyPem, ...certificates].join('\n'));
  if (binding.key === key && binding.chain === chain) return;
  throw new NamedError(
    'bad-certificate',
    `key ${key} or chain ${chain} in the configuration file is not what its name says; the file was changed or damaged`,
  );
}
