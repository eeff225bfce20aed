import type { PolicyStatement } from './constructs/policy';

export type { PolicyStatement };

/** For tests: the statements of a policy document. */
export function statementsOf(document: unknown): PolicyStatement[] {
  return (JSON.parse(String(document)) as { Statement: PolicyStatement[] }).Statement;
}

/**
 * For tests and the rehearsal, since the emulator enforces no IAM: what AWS decides on a request, conditions taken as met where they allow
 * and as unmet where they deny.
 */
export function allows(statements: readonly PolicyStatement[], action: string, resource: string): boolean {
  const applies = ({ Action, Resource, NotResource }: PolicyStatement): boolean =>
    matches(Action, action) &&
    (NotResource === undefined ? matches(Resource ?? '*', resource) : !matches(NotResource, resource));
  return (
    statements.some((statement) => statement.Effect === 'Allow' && applies(statement)) &&
    !statements.some(
      (statement) => statement.Effect === 'Deny' && statement.Condition === undefined && applies(statement),
    )
  );
}

/** Whether one of the patterns, in which `*` is anything, is this text. */
export function matches(patterns: string | readonly string[], text: string): boolean {
  return [patterns].flat().some((pattern) => expressionOf(pattern).test(text));
}

/** Hundreds of calls are held against the same few hundred patterns. */
const expressions = new Map<string, RegExp>();

function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known) return known;
  const literal = pattern.split('*').map((part) => part.replace(/[^\w]/g, '\\$&'));
  const made = new RegExp(`^${literal.join('.*')}$`);
  expressions.set(pattern, made);
  return made;
}
