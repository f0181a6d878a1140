/** The Express application: the table of routes, and what happens before and after them. */
import express from 'express';
import helmet from 'helmet';

import { NamedError } from '../errors.ts';
import { authentication } from './auth.ts';
import type { ApiDeps, Context } from './deps.ts';
import { endpoint } from './endpoint.ts';
import { EdgeError, problems } from './problem.ts';
import { requestLog } from './request-log.ts';
import { prefix, type Route } from './route.ts';
import { routes } from './routes.ts';
import { apiService } from './service.ts';

export function api(deps: ApiDeps): express.Application {
  const context: Context = { ...deps, service: apiService(deps) };
  const authenticate = authentication(context.service);
  const app = express();
  // Tags are ours to give (If-Match depends on them); Express would tag everything, weakly.
  app.set('etag', false);
  app.use(requestLog(deps));
  app.use(helmet());
  for (const route of routes) app[route.method](expressPath(route), endpoint(route, context, authenticate));
  // After all routes, since one path may also match the pattern of another.
  for (const [path, methods] of byPath()) {
    app.all(path, (request) => {
      const allowed = methods.map((method) => method.toUpperCase()).join(', ');
      throw new EdgeError('method-not-allowed', `${request.method} is not known here; use ${allowed}`, {
        Allow: allowed,
      });
    });
  }
  app.use(() => {
    throw new NamedError('not-found', `there is nothing at this path; ${prefix}/openapi.json says what there is`);
  });
  app.use(problems(deps.log));
  return app;
}

/** OpenAPI's `{name}` is `:name` to Express. */
function expressPath({ path, atRoot }: Route): string {
  return (atRoot ? '' : prefix) + path.replaceAll(/\{(\w+)\}/g, ':$1');
}

function byPath(): ReadonlyMap<string, readonly string[]> {
  const out = new Map<string, readonly string[]>();
  for (const route of routes) {
    const path = expressPath(route);
    const heads = route.method === 'get' ? ['get', 'head'] : [route.method];
    out.set(path, [...(out.get(path) ?? []), ...heads]);
  }
  return out;
}
