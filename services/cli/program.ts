/** The command line as a whole: its groups, what help says about all of them, and how a run ends. */
import { Command, CommanderError } from 'commander';

import { defaultPort, defaultStateFolder } from '../schema/locations.ts';
import { packageVersion } from '../schema/version.ts';
import { exitCodes, printer } from './print.ts';
import { refuseSecrets } from './prompt.ts';
import { session, type Session } from './session.ts';

type Register = (program: Command, session: () => Session) => void;

interface Group {
  /** The commands it adds at the top, by the names that may be typed. */
  readonly names: readonly string[];
  /** Loaded when it is used, so that starting stays quick. */
  readonly load: () => Promise<Register>;
}

const groups: readonly Group[] = [
  { names: ['machine'], load: async () => (await import('./machine.ts')).machineCommands },
  { names: ['archive'], load: async () => (await import('./archive.ts')).archiveCommands },
  { names: ['group'], load: async () => (await import('./group.ts')).groupCommands },
  { names: ['certificate'], load: async () => (await import('./certificate.ts')).certificateCommands },
  { names: ['authority'], load: async () => (await import('./authority.ts')).authorityCommands },
  { names: ['trust'], load: async () => (await import('./trust.ts')).trustCommands },
  {
    names: ['set', 'unset', 'remove', 'copy', 'move', 'get', 'layer'],
    load: async () => (await import('./settings.ts')).settingsCommands,
  },
  { names: ['pin', 'unpin'], load: async () => (await import('./pin.ts')).pinCommands },
  { names: ['explain'], load: async () => (await import('./explain.ts')).explainCommands },
  { names: ['overrides'], load: async () => (await import('./overrides.ts')).overrideCommands },
  {
    names: ['explain-sender'],
    load: async () => (await import('./explain-sender.ts')).explainSenderCommands,
  },
  {
    names: ['draft', 'show', 'diff', 'discard', 'rebase', 'commit'],
    load: async () => (await import('./draft.ts')).draftCommands,
  },
  { names: ['revision'], load: async () => (await import('./revision.ts')).revisionCommands },
  { names: ['rollout'], load: async () => (await import('./rollout.ts')).rolloutCommands },
  { names: ['probe'], load: async () => (await import('./probe.ts')).probeCommands },
  { names: ['tls-test'], load: async () => (await import('./tls-test.ts')).tlsTestCommands },
  { names: ['config'], load: async () => (await import('./config-file.ts')).configFileCommands },
  { names: ['tls-log'], load: async () => (await import('./tls-log.ts')).tlsLogCommands },
  { names: ['alert'], load: async () => (await import('./alert.ts')).alertCommands },
  { names: ['token'], load: async () => (await import('./token.ts')).tokenCommands },
  { names: ['audit', 'log'], load: async () => (await import('./audit.ts')).auditCommands },
  { names: ['health'], load: async () => (await import('./health.ts')).healthCommands },
];

/** Runs one command line and returns the exit code. */
export async function run(argv: readonly string[]): Promise<number> {
  const json = argv.includes('--json');
  try {
    refuseSecrets(argv);
    const program = await build(argv);
    await program.parseAsync(argv, { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    return printer({ out: process.stdout, err: process.stderr, env: process.env }, json).failure(error);
  }
}

/** The program with the group that `argv` asks for, or with every group, for help and unknown names. */
export async function build(argv: readonly string[]): Promise<Command> {
  const program = new Command('signet')
    .description('Keeps the TLS certificates and settings of a fleet of mail gateways in one place.')
    .version(packageVersion(), '--version', 'print the version')
    .option('--json', 'print the answer of the API, for programs')
    .helpOption('-h, --help', 'print what there is to know about a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'signet: ')) })
    .showHelpAfterError('Add --help to see how it is used.')
    .addHelpText('after', footer)
    .exitOverride();
  const name = argv.find((argument) => !argument.startsWith('-'));
  const wanted = groups.filter(({ names }) => name !== undefined && names.includes(name));
  const start = () => session(program.opts<{ json?: true }>().json ?? false);
  for (const { load } of wanted.length > 0 ? wanted : groups) (await load())(program, start);
  return program;
}

const footer = `
Environment:
  SIGNET_URL         where the controller is (http://127.0.0.1:${defaultPort})
  SIGNET_TOKEN_FILE  file with your token; without: ~/.config/signet/token, then the controller's own
                     ${defaultStateFolder}/admin-token (SIGNETD_STATE names another folder), if you may read it
  SIGNET_TOKEN       the token itself
  SIGNET_CA          file with the private CA that the controller's certificate comes from
  NO_COLOR           no colours

Exit codes:
  ${exitCodes.done}    done
  ${exitCodes.failed}    failed
  ${exitCodes.usage}    wrong usage: nothing was asked of the controller
  ${exitCodes.refused}    refused by the controller (invalid, conflict, precondition, not allowed): nothing was changed
  ${exitCodes.partlyFailed}    partly failed: some machines did not get it
  ${exitCodes.unreachable}    no answer from a controller
  ${exitCodes.interrupted}  stopped with Ctrl-C

Example:
  signet set cluster listeners/public/certificate mx
  signet diff
  signet commit -m "first certificate"
`;
