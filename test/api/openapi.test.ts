import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

import { openApi } from '../../services/api/openapi.ts';
import { prefix } from '../../services/api/route.ts';
import { routes } from '../../services/api/routes.ts';
import { isObject, type Json, type JsonObject } from '../../services/schema/json.ts';
import { parts, valueAt } from '../../services/schema/pointer.ts';
import { running } from './running.ts';

const document = openApi(routes, '1.2.3');
const operations = Object.entries(document['paths'] as JsonObject).flatMap(([path, item]) =>
  Object.entries(item as JsonObject).map(([method, operation]) => ({
    path,
    method,
    operation: operation as JsonObject,
  })),
);

/** What OpenAPI 3.1.0 asks of the parts that this document has (section 4.8); schemas are checked apart. */
const shape = {
  type: 'object',
  additionalProperties: false,
  required: ['openapi', 'info', 'paths'],
  properties: {
    openapi: { const: '3.1.0' },
    info: {
      type: 'object',
      additionalProperties: false,
      required: ['title', 'version'],
      properties: {
        title: { type: 'string' },
        summary: { type: 'string' },
        version: { type: 'string' },
        license: {
          type: 'object',
          additionalProperties: false,
          required: ['name'],
          properties: { name: { type: 'string' }, identifier: { type: 'string' } },
        },
      },
    },
    servers: { type: 'array', items: { type: 'object', required: ['url'] } },
    paths: {
      type: 'object',
      propertyNames: { pattern: '^/' },
      additionalProperties: {
        type: 'object',
        propertyNames: { enum: ['get', 'post', 'delete'] },
        additionalProperties: { $ref: '#/$defs/operation' },
      },
    },
    components: {
      type: 'object',
      propertyNames: { enum: ['schemas', 'responses', 'securitySchemes'] },
      additionalProperties: { type: 'object', propertyNames: { pattern: '^[a-zA-Z0-9._-]+$' } },
    },
  },
  $defs: {
    operation: {
      type: 'object',
      additionalProperties: false,
      required: ['operationId', 'responses'],
      properties: {
        operationId: { type: 'string' },
        summary: { type: 'string' },
        description: { type: 'string' },
        tags: { type: 'array', items: { type: 'string' } },
        security: { type: 'array', items: { type: 'object', additionalProperties: { type: 'array' } } },
        parameters: { type: 'array', items: { $ref: '#/$defs/parameter' } },
        requestBody: {
          type: 'object',
          additionalProperties: false,
          required: ['content'],
          properties: { required: { type: 'boolean' }, content: { $ref: '#/$defs/content' } },
        },
        responses: {
          type: 'object',
          minProperties: 1,
          propertyNames: { pattern: '^(default|[1-5](\\d\\d|XX))$' },
          additionalProperties: {
            oneOf: [
              {
                type: 'object',
                additionalProperties: false,
                required: ['$ref'],
                properties: { $ref: { type: 'string' } },
              },
              {
                type: 'object',
                additionalProperties: false,
                required: ['description'],
                properties: {
                  description: { type: 'string' },
                  headers: { type: 'object' },
                  content: { $ref: '#/$defs/content' },
                },
              },
            ],
          },
        },
      },
    },
    parameter: {
      type: 'object',
      additionalProperties: false,
      required: ['name', 'in', 'schema'],
      properties: {
        name: { type: 'string' },
        in: { enum: ['path', 'query', 'header'] },
        required: { type: 'boolean' },
        description: { type: 'string' },
        schema: { type: 'object' },
      },
      if: { properties: { in: { const: 'path' } } },
      then: { required: ['required'], properties: { required: { const: true } } },
    },
    content: {
      type: 'object',
      propertyNames: { pattern: '^[a-z]+/[a-z+-]+$' },
      additionalProperties: { type: 'object', required: ['schema'], properties: { schema: { type: 'object' } } },
    },
  },
};

describe('the OpenAPI document', () => {
  it('is of the shape that OpenAPI 3.1 asks for', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });

    assert.ok(ajv.validate(shape, document), ajv.errorsText());
  });

  it('has an operation for every route, and a route for every operation', () => {
    const documented = operations.map(({ method, path }) => `${method} ${path}`).sort();

    const answered = routes.map(({ method, path, atRoot }) => `${method} ${atRoot ? '' : prefix}${path}`).sort();

    assert.deepEqual(documented, answered);
  });

  it('names every operation once, with a summary', () => {
    const names = operations.map(({ operation }) => operation['operationId']);

    assert.equal(new Set(names).size, names.length);
    assert.ok(operations.every(({ operation }) => operation['summary'] !== ''));
  });

  it('declares exactly the parameters of each path', () => {
    for (const { path, operation } of operations) {
      const declared = (operation['parameters'] as readonly JsonObject[]).filter((one) => one['in'] === 'path');
      const names = declared.map(({ name }) => name);

      assert.deepEqual(
        names,
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name),
        path,
      );
      assert.ok(
        declared.every((one) => isObject(one['schema']) && Object.keys(one['schema']).length > 0),
        path,
      );
    }
  });

  it('says for every operation who may call it, and how it is refused', () => {
    for (const [index, { operation, path }] of operations.entries()) {
      const route = routes.find(({ name }) => name === operation['operationId']);
      const isOpen = route?.role === 'anyone';

      assert.deepEqual(operation['security'], isOpen ? [] : [{ token: [] }], `${index} ${path}`);
      if (!isOpen) assert.equal(operation['description'], `Role: ${route?.role ?? ''}`);
      const responses = operation['responses'] as JsonObject;
      assert.deepEqual(responses['default'], { $ref: '#/components/responses/Problem' });
      const success = route?.response === 'nothing' ? 204 : (route?.status ?? 200);
      assert.ok(String(success) in responses, path);
    }
  });

  it('refers to nothing that is not in it', () => {
    for (const reference of references(document)) {
      assert.ok(reference.startsWith('#/'), reference);
      assert.notEqual(valueAt(document, parts(reference.slice(1))), undefined, reference);
    }
  });

  it('has schemas that compile as JSON Schema 2020-12 and say what the controller checks', () => {
    const ajv = new Ajv2020({ strict: false });
    addFormats.default(ajv);
    ajv.addSchema({ ...document, $id: 'https://signet.invalid/openapi' });

    const compiled = Object.keys((document['components'] as JsonObject)['schemas'] as JsonObject).map((name) => [
      name,
      ajv.getSchema(`https://signet.invalid/openapi#/components/schemas/${name}`),
    ]);

    assert.ok(compiled.every(([, validate]) => validate !== undefined));
    const operation = ajv.getSchema('https://signet.invalid/openapi#/components/schemas/DraftOperations');
    assert.equal(operation?.({ operations: [{ op: 'move', machine: 'mx1', group: 'edge' }] }), true);
    assert.equal(operation({ operations: [{ op: 'move', machine: 'Mx_1', group: 'edge' }] }), false);
  });

  it('is served to anyone, as it is', async () => {
    const api = await running();
    try {
      const { body } = await api.ask('GET /openapi.json', { token: '' });

      assert.deepEqual(body, openApi(routes, '0.1.0'));
    } finally {
      await api.close();
    }
  });
});

function references(value: Json | undefined): readonly string[] {
  if (Array.isArray(value)) return (value as readonly Json[]).flatMap(references);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$ref' && typeof inner === 'string' ? [inner] : references(inner),
  );
}
