import { isObject, type JsonObject } from './json';

/**
 * An AWS policy document in one spelling: statements as a list, and every element that may be one text or a list of them
 * (Action, Resource, Principal's values, Condition's values) as a sorted list without repetition, because their order and
 * spelling mean nothing.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 * @returns undefined when the value is no policy document
 */
export function policyDocument(value: unknown): PolicyDocument | undefined {
  if (!isObject(value) || !('Statement' in value)) return undefined;
  const given = Array.isArray(value['Statement']) ? (value['Statement'] as unknown[]) : [value['Statement']];
  if (!given.every(isObject) || !given.every((one) => 'Effect' in one)) return undefined;
  return { ...value, Statement: given.map(statement) };
}

export interface PolicyDocument extends JsonObject {
  readonly Statement: readonly JsonObject[];
}

function statement(given: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(given).map(([element, value]) => {
      if (LISTS.has(element)) return [element, list(value)];
      if (element === 'Principal' || element === 'NotPrincipal') return [element, principal(value)];
      if (element === 'Condition' && isObject(value)) {
        return [
          element,
          Object.fromEntries(
            Object.entries(value).map(([operator, keys]) => [
              operator,
              isObject(keys)
                ? Object.fromEntries(Object.entries(keys).map(([key, wanted]) => [key, list(wanted)]))
                : keys,
            ]),
          ),
        ];
      }
      return [element, value];
    }),
  );
}

const LISTS: ReadonlySet<string> = new Set(['Action', 'NotAction', 'Resource', 'NotResource']);

/** `"*"` and `{"AWS": "*"}` are the same in a resource policy. */
function principal(value: unknown): unknown {
  if (value === '*') return { AWS: ['*'] };
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([kind, who]) => [kind, list(who)]));
}

function list(value: unknown): unknown {
  if (!Array.isArray(value)) return isScalar(value) ? [value] : value;
  return value.every(isScalar)
    ? [...new Set(value as unknown[])].sort((a, b) => (String(a) < String(b) ? -1 : 1))
    : value;
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
