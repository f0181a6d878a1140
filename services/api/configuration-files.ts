/** The whole configuration as one file, saved and loaded; its secrets are encrypted under a passphrase. */
import { loadLimitBytes } from '../backup/size.ts';
import { NamedError } from '../errors.ts';
import { planOf } from './difference.ts';
import { route, type Route } from './route.ts';

export const configurationFileRoutes: readonly Route[] = [
  route({
    name: 'save-configuration',
    method: 'post',
    path: '/configuration-files',
    role: 'admin',
    summary: 'The configuration file of a revision',
    request: 'save-options',
    response: 'file',
    file: 'configuration-file',
    async handle({ backup, config }, { body: { withoutSecrets = false, revision, ...options } }) {
      if (withoutSecrets === (options.passphrase !== undefined)) throw eitherOr();
      const number = revision ?? (await config.head()).number;
      const file = await backup.save({ ...options, revision: number });
      return {
        body: file,
        headers: { 'Content-Disposition': `attachment; filename="revision-${number}.signet"` },
        object: `/revisions/${number}`,
      };
    },
  }),
  route({
    name: 'load-configuration',
    method: 'post',
    path: '/configuration-files/load',
    role: 'admin',
    summary: "Check a configuration file and put what it changes in one's own draft",
    request: 'load-options',
    bodyLimit: loadLimitBytes,
    response: 'load-result',
    async handle({ backup }, { caller, body: { file, ...options } }) {
      return { body: await backup.load(caller.name, file, options) };
    },
  }),
  route({
    name: 'plan-load',
    method: 'post',
    path: '/configuration-files/plan',
    role: 'admin',
    summary:
      'What loading a configuration file would do, machine by machine, and what stands in its way; changes nothing',
    request: 'load-options',
    bodyLimit: loadLimitBytes,
    response: 'load-plan',
    async handle({ backup }, { caller, body: { file, ...options } }) {
      const { change, ...plan } = await backup.planLoad(caller.name, file, options);
      return { body: { ...plan, change: planOf(change, change.diffs) }, onlyChecked: true };
    },
  }),
  route({
    name: 'verify-configuration',
    method: 'post',
    path: '/configuration-files/verify',
    role: 'admin',
    summary:
      'Restore a configuration file into a store of its own and compare what machines would get; nothing changes',
    request: 'verify-options',
    bodyLimit: loadLimitBytes,
    response: 'file-verification',
    async handle({ backup }, { body: { file, passphrase } }) {
      return { body: await backup.verify(file, passphrase), onlyChecked: true };
    },
  }),
  route({
    name: 'take-over',
    method: 'post',
    path: '/configuration-files/take-over',
    role: 'admin',
    summary: 'Take the place of the controller that saved a configuration file, on one that is empty',
    request: 'take-over-options',
    bodyLimit: loadLimitBytes,
    response: 'take-over',
    async handle({ backup }, { caller, body: { file, plan = false, ...options } }) {
      if (plan) return { body: await backup.planTakeOver(file, options), onlyChecked: true };
      const body = await backup.takeOver(caller.name, file, options);
      return { body, isInTrail: true };
    },
  }),
];

/** That secrets are left out must be said: a passphrase that got lost on the way is no wish. */
function eitherOr(): NamedError {
  return new NamedError(
    'invalid-input',
    'a configuration file is saved either with a passphrase or without secrets; send one of passphrase and withoutSecrets',
  );
}
