/** Checks that DANE can work where a destination asks for it: it is only as good as the resolver that Postfix asks. */
import type { Finding } from '../../errors.ts';
import { pointer } from '../../schema/pointer.ts';
import type { Destinations, PostfixFacts, Resolver } from '../../schema/types.generated.ts';
import { canonicalAddress, parameter } from './endpoints.ts';

export function checkDane(destinations: Destinations, postfix: PostfixFacts): readonly Finding[] {
  const asking = Object.entries(destinations).filter(([, { tls }]) => tls === 'dane' || tls === 'dane-only');
  const lookup = parameter(postfix, 'smtp_host_lookup', 'dns');
  if (!/\bdns\b/.test(lookup)) {
    return asking.map(([domain, { tls }]) => ({
      pointer: pointer(['destinations', domain, 'tls']),
      detail: `${tls} needs DNS, but smtp_host_lookup = ${lookup} on the machine leaves it out; add dns there, or choose another level`,
    }));
  }
  const [first] = asking;
  const problem = first && resolverProblem(postfix.resolvers ?? []);
  if (!problem) return [];
  // The resolver is the same for all of them, so it is said once.
  return [{ ...problem, pointer: pointer(['destinations', first[0], 'tls']) }];
}

/**
 * Without a proof, `dane` is no more than `preferred`, silently, and at `dane-only` all mail waits (smtp_tls_policy.c). What
 * only the moment of the look may have shown is a warning, as is what someone may have decided to trust.
 */
function resolverProblem(resolvers: readonly Resolver[]): Omit<Finding, 'pointer'> | undefined {
  const answering = resolvers.filter(({ validates }) => validates === 'yes' || validates === 'no');
  const unproven = answering.filter(({ validates }) => validates === 'no');
  const remote = resolvers.filter(({ address, validates }) => validates === 'yes' && !isLoopback(address));
  const again = 'then look at the machine again (signet machine probe)';
  if (unproven.length > 0) {
    return {
      detail: `DANE needs a resolver that validates DNSSEC, and ${said(unproven)}, which Postfix asks on the machine, does not; run one that does on the machine itself, name it alone in resolv.conf, ${again}, or choose another level`,
      // Another one may be asked first.
      ...(resolvers[0]?.validates === 'yes' ? { severity: 'warning' } : {}),
    };
  }
  if (answering.length === 0 && resolvers.length > 0) {
    const silent = resolvers.every(({ validates }) => validates === 'silent');
    return {
      detail: `DANE needs a resolver that validates DNSSEC, and ${silent ? `none answers at ${said(resolvers)}` : `it could not be found out whether ${said(resolvers)} does`}; make sure that it does, ${again}, or choose another level`,
      ...(silent ? {} : { severity: 'warning' }),
    };
  }
  if (remote.length > 0) {
    return {
      detail: `DANE is only as good as the way to the resolver: what ${said(remote)} proves can be changed before it reaches the machine; run a resolver that validates on the machine itself`,
      severity: 'warning',
    };
  }
  return undefined;
}

function said(resolvers: readonly Resolver[]): string {
  return resolvers.map(({ address }) => address).join(', ');
}

function isLoopback(address: string): boolean {
  return /^(127\.|::1$)/.test(canonicalAddress(address));
}
