import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import Ajv, { type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';

/** The part of JSON Schema that GitHub's description uses, with `null` as a type in place of OpenAPI's `nullable`. */
interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required?: boolean;
  readonly schema: Schema;
  readonly 'x-multi-segment'?: boolean;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface DescribedOperation {
  readonly operationId: string;
  readonly parameters: readonly (Parameter | { readonly $ref: string })[];
  readonly requestBody?: Content & { readonly required?: boolean };
  readonly responses: Readonly<Record<string, Content | { readonly $ref: string }>>;
}

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Compiled when it is first needed: all of them together take more than a second. */
type Validator = () => ValidateFunction;

export interface Operation {
  /** GitHub's name of it, such as `issues/create-comment`. */
  readonly id: string;
  readonly method: string;
  /** Matches a whole path; its groups are named by `pathNames`, in order. */
  readonly pattern: RegExp;
  readonly pathNames: readonly string[];
  readonly path: Validator;
  readonly query: Validator;
  readonly isBodyRequired: boolean;
  readonly body: { readonly validator: Validator; readonly names: ReadonlySet<string> } | undefined;
  /** By status; undefined: no JSON. */
  readonly answers: ReadonlyMap<
    number,
    { readonly schema: Schema; readonly validator: Validator } | undefined
  >;
}

/** GitHub's published description of its API, as far as `openapi.json` has it. */
export class Description {
  private readonly root: OpenApi;
  private readonly exact = new Ajv({ strict: false });
  /** Parameters come as text. */
  private readonly coercing = new Ajv({ strict: false, coerceTypes: true });
  private readonly operations: readonly Operation[];

  public constructor() {
    const published = JSON.parse(readFileSync(join(__dirname, 'openapi.json'), 'utf8')) as OpenApi;
    this.root = withDeviations(withNullTypes(published) as OpenApi);
    for (const ajv of [this.exact, this.coercing]) {
      addFormats(ajv);
      ajv.addSchema(this.root, ROOT_ID);
    }
    this.operations = Object.entries(this.root.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, described]) => this.operationOf(path, method, described)),
    );
  }

  /** The operation of a request, and the values in its path. */
  public match(
    method: string,
    path: string,
  ): { operation: Operation; parameters: Record<string, string> } | undefined {
    for (const operation of this.operations) {
      const match = operation.method === method ? operation.pattern.exec(path) : null;
      if (!match) continue;
      const values = match.slice(1).map(decodeURIComponent);
      return {
        operation,
        parameters: Object.fromEntries(operation.pathNames.map((name, index) => [name, values[index] ?? ''])),
      };
    }
    return undefined;
  }

  /**
   * What is wrong with a request; nothing when it is as described. GitHub ignores parameters and fields that it does not
   * know, here they are mistakes: nobody sends one on purpose.
   */
  public requestProblems(
    operation: Operation,
    path: Readonly<Record<string, string>>,
    query: URLSearchParams,
    body: unknown,
  ): string[] {
    const problems = [
      ...problemsOf(operation.path, { ...path }, 'path'),
      ...problemsOf(operation.query, Object.fromEntries(query), 'query'),
    ];
    if (body === undefined) return operation.isBodyRequired ? [...problems, 'body: there is none'] : problems;
    if (!operation.body) return [...problems, 'body: there may be none'];
    problems.push(...problemsOf(operation.body.validator, body, 'body'));
    for (const name of Object.keys(body ?? {}))
      if (!operation.body.names.has(name)) problems.push(`body/${name}: GitHub does not know this field`);
    return problems;
  }

  /** What is wrong with an answer. */
  public answerProblems(operation: Operation, status: number, body: unknown): string[] {
    const answer = operation.answers.get(status);
    if (answer) return problemsOf(answer.validator, body, `answer ${status}`);
    // Errors that can come with every operation are not described with each.
    if (status >= 400 || operation.answers.has(status)) return [];
    return [`answer ${status}: ${operation.id} has no such status`];
  }

  /** An answer with every field that GitHub always gives: those that `body` leaves out are null, empty, zero or false. */
  public complete(operation: Operation, status: number, body: unknown): unknown {
    const answer = operation.answers.get(status);
    return answer ? this.filled(answer.schema, body) : body;
  }

  private operationOf(path: string, method: string, described: DescribedOperation): Operation {
    const parameters = described.parameters.map((each) => this.resolved<Parameter>(each));
    const multi = new Set(parameters.filter((each) => each['x-multi-segment']).map(({ name }) => name));
    const pathNames = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
    const validator = (place: 'path' | 'query'): Validator => {
      const here = parameters.filter((parameter) => parameter.in === place);
      const schema = {
        type: 'object',
        properties: Object.fromEntries(here.map(({ name, schema }) => [name, absolute(schema)])),
        required: here.filter(({ required }) => required).map(({ name }) => name),
        additionalProperties: false,
      };
      return once(() => this.coercing.compile(schema));
    };
    const at = ['paths', path, method];
    const bodySchema = described.requestBody?.content?.[JSON_TYPE]?.schema;
    return {
      id: described.operationId,
      method: method.toUpperCase(),
      pattern: new RegExp(
        `^${path.replace(/\{(\w+)\}/g, (_, name: string) => (multi.has(name) ? '(.+)' : '([^/]+)'))}$`,
      ),
      pathNames,
      path: validator('path'),
      query: validator('query'),
      isBodyRequired: described.requestBody?.required === true,
      body: bodySchema && {
        validator: this.validatorAt([...at, 'requestBody', 'content', JSON_TYPE, 'schema']),
        names: new Set(Object.keys(bodySchema.properties ?? {})),
      },
      answers: new Map(
        Object.entries(described.responses).map(([status, response]) => {
          const { content } = this.resolved<Content>(response);
          const schema = content?.[JSON_TYPE]?.schema;
          const place = '$ref' in response ? response.$ref.split('/').slice(1) : [...at, 'responses', status];
          return [
            Number(status),
            schema && { schema, validator: this.validatorAt([...place, 'content', JSON_TYPE, 'schema']) },
          ];
        }),
      ),
    };
  }

  private validatorAt(place: readonly string[]): Validator {
    const pointer = place
      .map((part) => part.replaceAll('~', '~0').replaceAll('/', '~1'))
      .map(encodeURIComponent);
    return once(() => this.exact.compile({ $ref: `${ROOT_ID}#/${pointer.join('/')}` }));
  }

  private resolved<T>(value: T | { readonly $ref: string }): T {
    if (typeof value !== 'object' || value === null || !('$ref' in value)) return value as T;
    const [, , kind = '', name = ''] = (value.$ref as string).split('/');
    return this.root.components[kind]?.[name] as T;
  }

  private filled(unresolved: Schema, value: unknown): unknown {
    const schema = this.resolved<Schema>(unresolved);
    if (value === undefined) return this.sample(schema);
    if (typeof value !== 'object' || value === null) return value;
    const variant = (schema.anyOf ?? schema.oneOf)
      ?.map((each) => this.resolved<Schema>(each))
      .find(isOfObjects);
    if (variant) return this.filled(variant, value);
    if (schema.allOf) return schema.allOf.reduce<unknown>((all, part) => this.filled(part, all), value);
    const { items, properties = {}, required = [] } = schema;
    if (Array.isArray(value)) return items ? value.map((item) => this.filled(items, item)) : value;

    const result: Record<string, unknown> = { ...value };
    for (const [name, property] of Object.entries(properties))
      if (result[name] !== undefined || required.includes(name))
        result[name] = this.filled(property, result[name]);
    return result;
  }

  private sample(schema: Schema): unknown {
    const types = [schema.type ?? []].flat();
    if (types.includes('null')) return null;
    const variants = (schema.anyOf ?? schema.oneOf)?.map((each) => this.resolved<Schema>(each));
    if (variants) return this.sample(variants.find(({ type }) => type === 'null') ?? (variants[0] as Schema));
    if (schema.enum) return schema.enum[0];
    switch (types[0]) {
      case 'string':
        return SAMPLE_TEXTS[schema.format ?? ''] ?? '';
      case 'integer':
      case 'number':
        return 0;
      case 'boolean':
        return false;
      case 'array':
        return [];
      default:
        return this.filled(schema, {});
    }
  }
}

const ROOT_ID = 'github';
const JSON_TYPE = 'application/json';
const SAMPLE_TEXTS: Readonly<Record<string, string>> = {
  uri: 'https://github.example/',
  'date-time': '2000-01-01T00:00:00Z',
};

function isOfObjects(schema: Schema): boolean {
  return [schema.type ?? []].flat().includes('object') || schema.properties !== undefined;
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function problemsOf(validator: Validator, value: unknown, where: string): string[] {
  const validate = validator();
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${where}${instancePath}: ${message} ${JSON.stringify(params)}`,
  );
}

/** A schema that stands outside the root refers into it. */
function absolute(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(absolute);
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => [
      key,
      key === '$ref' && typeof value === 'string' ? `${ROOT_ID}${value}` : absolute(value),
    ]),
  );
}

/** OpenAPI 3.0 says `nullable` where JSON Schema has a type. */
function withNullTypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withNullTypes);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, member]) => [key, withNullTypes(member)] as const);
  const { nullable, ...schema } = Object.fromEntries(entries) as Schema & { nullable?: unknown };
  if (nullable !== true) return Object.fromEntries(entries);
  if (schema.type === undefined) return orNull(schema);
  const type = [schema.type, 'null'].flat();
  return schema.enum ? { ...schema, type, enum: [...schema.enum, null] } : { ...schema, type };
}

function orNull(schema: unknown): Schema {
  return { anyOf: [schema as Schema, { type: 'null' }] };
}

/** Where GitHub is known to answer otherwise than it publishes: the repository of a fork that was deleted is null. */
function withDeviations(root: OpenApi): OpenApi {
  const schemas = root.components['schemas'] as Record<
    string,
    { properties: Record<string, { properties?: Record<string, unknown> }> }
  >;
  for (const name of ['pull-request', 'pull-request-simple']) {
    const head = schemas[name]?.properties['head']?.properties;
    if (head) head['repo'] = orNull(head['repo']);
  }
  const run = schemas['workflow-run']?.properties;
  if (run) run['head_repository'] = orNull(run['head_repository']) as object;
  return root;
}
