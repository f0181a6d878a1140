/** Routes of things that stand at a level: one declaration makes the route of each level, so that the document shows all three. */
import type { Shapes } from '../schema/types.generated.ts';
import type { Context } from './deps.ts';
import { route, type Asked, type Reply, type Route } from './route.ts';

type Declared<Response, Request> = Pick<Route, 'method' | 'role' | 'status' | 'bodyLimit'> & {
  /** The operation with `{level}` for the kind of level: `add-{level}-certificate`. */
  readonly name: string;
  /** What follows the name of the certificate in the path; empty, or begins with a slash. */
  readonly rest: string;
  /** With `{at}` for where: `at cluster level`. */
  readonly summary: string;
  readonly request?: Request;
  readonly response: Response;
  readonly handle: (
    context: Context,
    asked: Asked<unknown, unknown, Request extends keyof Shapes ? Shapes[Request] : undefined>,
    level: string,
    certificate: string,
  ) => Promise<Reply<Response extends keyof Shapes ? Shapes[Response] : undefined>>;
};

/** The routes of a certificate at the cluster, at a group and at a machine. */
export function certificateAtEachLevel<
  const Response extends Route['response'],
  const Request extends keyof Shapes | undefined = undefined,
>({ name, rest, summary, handle, ...declared }: Declared<Response, Request>): readonly Route[] {
  const levels = [
    { kind: 'cluster', path: 'cluster', at: 'at cluster level' },
    { kind: 'group', path: 'group/{group}', at: 'by a group' },
    { kind: 'machine', path: 'machine/{machine}', at: 'by a machine' },
  ] as const;
  return levels.map(({ kind, path, at }) =>
    route({
      ...(declared as Pick<Route, 'method' | 'role' | 'response'>),
      name: name.replace('{level}', kind),
      path: `/certificates/${path}/{certificate}${rest}`,
      summary: summary.replace('{at}', at),
      handle: (context, asked) => {
        const { certificate = '', ...place } = asked.parameters as Readonly<Record<string, string>>;
        const level = [kind, ...Object.values(place)].join('/');
        return handle(context, asked as never, level, certificate) as Promise<never>;
      },
    }),
  );
}
