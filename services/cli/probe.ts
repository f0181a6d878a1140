/** `signet probe`: how listeners and other servers stand as seen from outside, step by step. */
import { InvalidArgumentError, Option, type Command } from 'commander';

import type { ProbeReport, ProbeRequest } from '../schema/types.generated.ts';
import { Failure } from './failure.ts';
import { command } from './options.ts';
import { showProbes } from './probe-view.ts';
import type { Session } from './session.ts';

interface ProbeOptions {
  readonly host?: HostPort;
  readonly service?: NonNullable<ProbeRequest['service']>;
  readonly name?: string;
  readonly domain?: string;
  readonly from?: string;
}

interface HostPort {
  readonly host: string;
  readonly port?: number;
}

const services = ['smtp', 'smtps', 'https', 'ldaps', 'ldap-starttls'];

export function probeCommands(program: Command, session: () => Session): void {
  command(
    program,
    'probe',
    'look from outside at the listeners of a machine, or of all, or at another server, and say how each step of TLS goes',
    'signet probe mx1',
    'signet probe --domain example.org --from mx1',
    'signet probe --host ldap.example.org:636 --service ldaps',
  )
    .argument('[machine]', 'whose listeners; those of every machine without')
    .argument('[listener]', 'only this one')
    .option('--host <name[:port]>', 'another server, by name or address (IPv6 in brackets)', hostPort)
    .addOption(new Option('--service <service>', 'what it speaks; told by its port without').choices(services))
    .option('--name <hostname>', 'the name to ask for, which its certificate must carry; its own without')
    .option('--domain <domain>', 'the servers that take the mail of a domain')
    .option('--from <machine>', 'look from this machine instead of from the controller')
    .action(async (machine: string | undefined, listener: string | undefined, options: ProbeOptions) => {
      const { controller, print } = session();
      const report = await controller.probeServers(request(machine, listener, options));
      print.show(report, () => showProbes(print, report, new Date()));
      if (report.well) return;
      throw new Failure('failed', complaint(report));
    });
}

function request(machine: string | undefined, listener: string | undefined, options: ProbeOptions): ProbeRequest {
  const { host: at, service, name, domain, from } = options;
  const kinds = [machine, at, domain].filter((one) => one !== undefined).length;
  if (kinds > 1) throw new Failure('usage', 'a machine, --host and --domain are three questions; ask one at a time');
  if (!at && (service !== undefined || name !== undefined)) {
    throw new Failure('usage', '--service and --name say more about --host; give it as well');
  }
  return {
    ...(machine === undefined ? {} : { machines: [machine] }),
    ...(listener === undefined ? {} : { listener }),
    ...at,
    ...(service === undefined ? {} : { service }),
    ...(name === undefined ? {} : { name }),
    ...(domain === undefined ? {} : { domain: domain.toLowerCase() }),
    ...(from === undefined ? {} : { from }),
  };
}

function complaint({ probes, found, domain }: ProbeReport): string {
  if (found === 'null-mx') return `${domain ?? 'the domain'} takes no mail (null MX, RFC 7505)`;
  if (probes.length === 0) return 'there is nothing to look at; let a machine join first';
  const bad = probes.filter(({ steps }) => steps.some(({ result }) => result === 'failed')).length;
  return `${bad} of ${probes.length} ${probes.length === 1 ? 'server does' : 'servers do'} not stand as mail needs it; the reasons are above`;
}

function hostPort(text: string): HostPort {
  const [, bracketed, plain, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? (/^[0-9a-fA-F:.]+$/.test(text) && text.includes(':') ? text : undefined);
  if (host === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) {
    throw new InvalidArgumentError(
      'It must be a name or an address, with or without :PORT; IPv6 with a port in brackets.',
    );
  }
  return { host, ...(port === undefined ? {} : { port: Number(port) }) };
}
