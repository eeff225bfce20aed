import type { PolicyStatement } from './constructs/policy';

/** For tests: the statements of a policy document. */
export function statementsOf(document: unknown): PolicyStatement[] {
  return (JSON.parse(String(document)) as { Statement: PolicyStatement[] }).Statement;
}

/**
 * For tests, since the emulator enforces no IAM: what AWS decides on a request, conditions taken as met where they allow
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
  return [patterns].flat().some((pattern) => {
    const literal = pattern.split('*').map((part) => part.replace(/[^\w]/g, '\\$&'));
    return new RegExp(`^${literal.join('.*')}$`).test(text);
  });
}
