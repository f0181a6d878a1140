// The architecture as rules. The order below is the list of docs/architecture.md: a folder imports only from those before it.
const order = [
  'errors',
  'schema',
  'store',
  'audit',
  'secrets',
  'pki',
  'conversation',
  'machines',
  'platforms',
  'config',
  'push',
  'certificates',
  'membership',
  'backup',
  'observe',
  'api',
  'controller',
];
const place = (name) => (name === 'errors' ? '^services/errors\\.ts$' : `^services/${name}/`);

const upward = order.slice(0, -1).map((name, index) => ({
  name: `${name}-imports-only-what-comes-before-it`,
  comment: `services/ is in import order (docs/architecture.md). Move the code to the folder where both belong, or pass the value in.`,
  severity: 'error',
  from: { path: place(name) },
  to: { path: order.slice(index + 1).map(place) },
}));

/** Adapters carry the name of their technology and are the only importers of its library. */
const adapters = {
  ssh2: '^services/push/(ssh|sftp)\\.ts$',
  etcd3: '^services/store/etcd',
  'better-sqlite3': '^services/store/embedded',
  'node-forge': '^services/pki/forge\\.ts$',
  '@peculiar/x509': '^services/pki/peculiar\\.ts$',
  'age-encryption': '^services/backup/age\\.ts$',
  nodemailer: '^services/observe/smtp\\.ts$',
  'tar-stream': '^services/push/bundle\\.ts$',
  express: '^services/api/',
  ajv: '^services/schema/',
  commander: '^services/cli/',
};

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'no-cycles',
      comment: 'A cycle, types included, means that two files are one idea or that a third one is missing.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'clients-speak-http',
      comment: 'cli/ and web/ are clients of the REST API: of the server they import only errors and schema.',
      severity: 'error',
      from: { path: '^services/(cli|web)/' },
      to: { path: '^services/', pathNot: ['^services/(cli|web)/', '^services/errors\\.ts$', '^services/schema/'] },
    },
    {
      name: 'nobody-imports-the-clients',
      comment: 'The server does not know its clients.',
      severity: 'error',
      from: { path: '^services/', pathNot: '^services/(cli|web)/' },
      to: { path: '^services/(cli|web)/' },
    },
    {
      name: 'only-shells-touch-the-store',
      comment:
        "A folder's service.ts is the only file that reads or writes the store; pass what others need as values.",
      severity: 'error',
      from: { path: '^services/', pathNot: ['^services/(store|secrets)/', '/service\\.ts$', '^services/controller/'] },
      to: { path: '^services/store/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'platforms-are-pure',
      comment:
        'A platform is data and pure functions: what it reads comes in as facts, what it does is done by the gateway script.',
      severity: 'error',
      from: { path: '^services/platforms/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|net|url)$' },
    },
    {
      name: 'no-tests-in-the-product',
      comment: 'Nothing in services/ depends on a test.',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: '^test/' },
    },
    {
      name: 'not-to-unresolvable',
      comment: 'An import that cannot be resolved would make every other rule pass silently.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    ...Object.entries(adapters).map(([library, path]) => ({
      name: `only-the-adapter-imports-${library.replace(/\W+/g, '-')}`,
      comment: `Only its adapter knows ${library}; everyone else uses what the adapter exports.`,
      severity: 'error',
      from: { path: '^services/', pathNot: path },
      to: { path: `node_modules/${library}/` },
    })),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
