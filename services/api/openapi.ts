/** The OpenAPI 3.1 document, made from the routes and the schemas, so that it cannot say anything else than they do. */
import { base, documents } from '../schema/documents.ts';
import { isObject, type Json, type JsonObject } from '../schema/json.ts';
import type { Shapes } from '../schema/types.generated.ts';
import { parameterSchemas } from './parameters.ts';
import { prefix, route, type Route } from './route.ts';

/** The document's own route; `all` is asked when the document is, since the table holds this route too. */
export function openApiRoutes(all: () => readonly Route[]): readonly Route[] {
  return [
    route({
      name: 'show-openapi',
      method: 'get',
      path: '/openapi.json',
      role: 'anyone',
      summary: 'This document',
      response: 'file',
      handle: ({ about }) => Promise.resolve({ body: JSON.stringify(openApi(all(), about.version)) }),
    }),
  ];
}

export function openApi(routes: readonly Route[], version: string): JsonObject {
  const paths: Record<string, Record<string, Json>> = {};
  for (const one of routes) {
    const path = one.atRoot ? one.path : prefix + one.path;
    paths[path] = { ...paths[path], [one.method]: operation(one) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Signet',
      summary: 'TLS certificates and settings for a fleet of mail gateways',
      version,
      license: { name: 'Apache License 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: {
      schemas: schemas(),
      responses: {
        Problem: {
          description: 'Why it was refused or failed (RFC 9457)',
          content: { 'application/problem+json': { schema: shape('problem') } },
        },
      },
      securitySchemes: { token: { type: 'http', scheme: 'bearer', description: 'signet_ID_SECRET' } },
    },
  };
}

function operation(one: Route): JsonObject {
  const tag = one.path.split('/')[1] ?? '';
  return {
    operationId: one.name,
    summary: one.summary,
    tags: [tag],
    ...(one.role === 'anyone' ? { security: [] } : { description: `Role: ${one.role}`, security: [{ token: [] }] }),
    parameters: [...pathParameters(one), ...queryParameters(one), ...headerParameters(one)],
    ...(one.request ? { requestBody: requestBody(one.request) } : {}),
    responses: {
      ...answer(one),
      ...(one.etag && one.method === 'get'
        ? { '304': { description: 'Not changed since the tag in If-None-Match' } }
        : {}),
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function answer({ response, media, file, status, etag }: Route): JsonObject {
  if (response === 'nothing') return { '204': { description: 'Done' } };
  if (response === 'events') return { '200': content('Server-sent events', 'text/event-stream', { type: 'string' }) };
  if (response === 'file') {
    if (media) return { '200': content('A file', media, {}) };
    return { '200': content('A document', 'application/json', file ? shape(file) : { type: 'object' }) };
  }
  const headers = etag ? { headers: { ETag: { schema: { type: 'string' } } } } : {};
  return { [status ?? 200]: { ...content(descriptionOf(response), 'application/json', shape(response)), ...headers } };
}

function content(description: string, type: string, schema: JsonObject): JsonObject {
  return { description, content: { [type]: { schema } } };
}

function requestBody(request: keyof Shapes): JsonObject {
  const required = (documents.get(`api/${request}.schema.json`)?.['required'] ?? []) as readonly string[];
  return { required: required.length > 0, content: { 'application/json': { schema: shape(request) } } };
}

function pathParameters({ path }: Route): readonly JsonObject[] {
  const known = parameterSchemas('path-parameters');
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => parameter(name, 'path', true, known.get(name)));
}

function queryParameters({ query }: Route): readonly JsonObject[] {
  if (query === undefined) return [];
  const required = (documents.get(`api/${query}.schema.json`)?.['required'] ?? []) as readonly string[];
  return [...parameterSchemas(query)].map(([name, schema]) =>
    parameter(name, 'query', required.includes(name), schema),
  );
}

function headerParameters({ ifMatch, response }: Route): readonly JsonObject[] {
  const tag = { type: 'string', description: 'The ETag of what is believed to be changed; 412 when it has changed.' };
  const id = { type: 'string', description: 'The id of the last event that was seen.' };
  return [
    ...(ifMatch ? [parameter('If-Match', 'header', false, tag)] : []),
    ...(response === 'events' ? [parameter('Last-Event-ID', 'header', false, id)] : []),
  ];
}

function parameter(name: string, place: string, required: boolean, schema: JsonObject = {}): JsonObject {
  const { description, title: _title, ...rest } = schema;
  return { name, in: place, required, ...(description === undefined ? {} : { description }), schema: rest };
}

/** Every schema as a component; the small common shapes each become one too. */
function schemas(): JsonObject {
  return Object.fromEntries(
    [...documents].flatMap(([path, document]) => {
      const { $schema: _dialect, $id: _id, $defs, ...schema } = document;
      const inner = isObject($defs) ? Object.entries($defs) : [];
      const own = Object.keys(schema).some((key) => key !== 'title' && key !== 'description');
      return [
        ...(own ? [[component(path), schema] as const] : []),
        ...inner.map(([name, def]) => [capital(name), def] as const),
      ].map(([name, one]) => [name, localized(one, path)]);
    }),
  );
}

/** References between files become references between components. */
function localized(value: Json, path: string): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map((one) => localized(one, path));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (key !== '$ref' || typeof inner !== 'string') return [key, localized(inner, path)];
      const { pathname, hash } = new URL(inner, base + path);
      const file = pathname.slice(new URL(base).pathname.length);
      const name = hash === '' ? component(file) : capital(hash.slice(hash.lastIndexOf('/') + 1));
      return [key, `#/components/schemas/${name}`];
    }),
  );
}

function shape(name: keyof Shapes): JsonObject {
  return { $ref: `#/components/schemas/${capital(name)}` };
}

function descriptionOf(name: keyof Shapes): string {
  const document = documents.get(`api/${name}.schema.json`) ?? documents.get(`${name}.schema.json`);
  const description = document?.['description'];
  return typeof description === 'string' ? description : name;
}

/** `api/machine-view.schema.json` is the component MachineView. */
function component(path: string): string {
  return capital(path.slice(path.lastIndexOf('/') + 1, -'.schema.json'.length));
}

function capital(name: string): string {
  return name.replace(/(^|-)([a-z])/g, (_all, _dash, letter: string) => letter.toUpperCase());
}
