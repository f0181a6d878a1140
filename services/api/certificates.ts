/** Certificates: what is bound where, and new ones, which go into the caller's draft. */
import { NamedError } from '../errors.ts';
import type { Issued } from '../pki/service.ts';
import type {
  CertificateAdded,
  CertificateDetail,
  CertificateSource,
  CertificateView,
} from '../schema/types.generated.ts';
import { bindings, certificateView, useKey, uses, type Bound } from './certificate-view.ts';
import type { Context } from './deps.ts';
import { route, type Asked, type Reply, type Route } from './route.ts';

const shown = { method: 'get', role: 'viewer', response: 'certificate-detail' } as const;
const added = {
  method: 'post',
  role: 'operator',
  request: 'certificate-source',
  response: 'certificate-added',
  status: 201,
} as const;

export const certificateRoutes: readonly Route[] = [
  route({
    name: 'list-certificates',
    method: 'get',
    path: '/certificates',
    role: 'viewer',
    summary: 'Every certificate that the head binds, the built-in one, and where each is used',
    response: 'certificate-list',
    handle: async (context) => ({ body: { certificates: await views(context) } }),
  }),
  route({
    ...shown,
    name: 'show-default-certificate',
    path: '/certificates/defaults/{certificate}',
    summary: 'A built-in certificate with its chain',
    handle: (context, { parameters }) => show(context, 'defaults', parameters.certificate),
  }),
  route({
    ...shown,
    name: 'show-cluster-certificate',
    path: '/certificates/cluster/{certificate}',
    summary: 'A certificate bound at cluster level, with its chain',
    handle: (context, { parameters }) => show(context, 'cluster', parameters.certificate),
  }),
  route({
    ...shown,
    name: 'show-group-certificate',
    path: '/certificates/group/{group}/{certificate}',
    summary: 'A certificate bound by a group, with its chain',
    handle: (context, { parameters }) => show(context, `group/${parameters.group}`, parameters.certificate),
  }),
  route({
    ...shown,
    name: 'show-machine-certificate',
    path: '/certificates/machine/{machine}/{certificate}',
    summary: 'A certificate bound by a machine, with its chain',
    handle: (context, { parameters }) => show(context, `machine/${parameters.machine}`, parameters.certificate),
  }),
  route({
    ...added,
    name: 'add-cluster-certificate',
    path: '/certificates/cluster/{certificate}',
    summary: "Make or import a certificate and bind it at cluster level, in one's own draft",
    handle: (context, asked) => add(context, asked, 'cluster', asked.parameters.certificate),
  }),
  route({
    ...added,
    name: 'add-group-certificate',
    path: '/certificates/group/{group}/{certificate}',
    summary: "Make or import a certificate and bind it by a group, in one's own draft",
    handle: (context, asked) => add(context, asked, `group/${asked.parameters.group}`, asked.parameters.certificate),
  }),
  route({
    ...added,
    name: 'add-machine-certificate',
    path: '/certificates/machine/{machine}/{certificate}',
    summary: "Make or import a certificate and bind it by a machine, in one's own draft",
    handle: (context, asked) =>
      add(context, asked, `machine/${asked.parameters.machine}`, asked.parameters.certificate),
  }),
];

async function bound({ config, pki }: Context): Promise<readonly Bound[]> {
  const { number } = await config.head();
  return bindings(await config.configuration(number), await pki.demonstration(''));
}

async function views(
  context: Context,
  only: (one: Bound) => boolean = () => true,
): Promise<readonly CertificateView[]> {
  const { config, pki } = context;
  const wanted = (await bound(context)).filter(only);
  const facts = await pki.facts(wanted.map(({ binding }) => binding.chain));
  const { number } = await config.head();
  const members = Object.keys((await config.configuration(number)).machines).sort();
  const used = uses(
    new Map(await Promise.all(members.map(async (name) => [name, await config.effective(name, number)] as const))),
  );
  return wanted.flatMap((one) => {
    const known = facts.get(one.binding.chain);
    return known ? [certificateView(one, known, used.get(useKey(one.level, one.name)))] : [];
  });
}

async function show(context: Context, level: string, name: string): Promise<Reply<CertificateDetail>> {
  const [found] = await views(context, (one) => one.level === level && one.name === name);
  if (!found) {
    throw new NamedError('not-found', `there is no certificate ${name} at ${level}; see the list of certificates`);
  }
  return { body: { ...found, pem: (await context.pki.chain(found.chain)).join('') } };
}

async function add(
  context: Context,
  { caller, body }: Asked<unknown, unknown, CertificateSource>,
  level: string,
  name: string,
): Promise<Reply<CertificateAdded>> {
  const { binding, facts, findings } = await issue(context, body);
  const path = `/certificates/${name}`;
  const draft = await context.config.amend(caller.name, [{ op: 'set', level, path, value: binding }]);
  return { body: { certificate: certificateView({ level, name, binding }, facts), findings, draft } };
}

function issue({ pki }: Context, { create, pkcs12, password, pem, passphrase }: CertificateSource): Promise<Issued> {
  if (create) return pki.create(create);
  if (pkcs12 !== undefined && password !== undefined) return pki.importPkcs12(Buffer.from(pkcs12, 'base64'), password);
  if (pem !== undefined) return pki.importPem(pem, passphrase);
  // The schema lets nothing else through.
  throw new NamedError('invalid-input', 'send one of create, pkcs12 with its password, or pem');
}
