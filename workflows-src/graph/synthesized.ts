import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import { child } from '../changes/json';

/** One synthesized stack: a folder to run terraform in. All that is known of it is read from what CDKTF wrote. */
export interface SynthesizedStack {
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  /** Stacks that come first. */
  readonly dependencies: readonly string[];
  /** State keys (= stack ids) that it reads with `terraform_remote_state`. */
  readonly reads: readonly string[];
  /** Names of its input variables that have no default: something must give them a value. */
  readonly variables: readonly string[];
  /** The S3 bucket that its state lies in. */
  readonly stateBucket: string;
  /** Of that bucket. */
  readonly stateRegion: string;
}

const manifest = z.looseObject({
  stacks: z.record(
    z.string(),
    z.looseObject({
      workingDirectory: z.string(),
      synthesizedStackPath: z.string(),
      dependencies: z.array(z.string()),
    }),
  ),
});

const stackFile = z.looseObject({
  terraform: z.looseObject({
    backend: z.looseObject({ s3: z.looseObject({ bucket: z.string(), region: z.string() }) }),
  }),
  variable: z.record(z.string(), z.unknown()).default({}),
  data: z
    .looseObject({
      terraform_remote_state: z
        .record(z.string(), z.looseObject({ config: z.looseObject({ key: z.string() }) }))
        .default({}),
    })
    .default({ terraform_remote_state: {} }),
});

/**
 * Reads `<outdir>/manifest.json` and every `cdk.tf.json` it names.
 * @param outdir absolute
 * @throws Error naming the file and what is wrong with it
 */
export function readSynthesized(outdir: string): readonly SynthesizedStack[] {
  const { stacks } = readChecked(join(outdir, 'manifest.json'), manifest);
  for (const [id, { dependencies }] of Object.entries(stacks)) {
    const unknown = dependencies.find((other) => !(other in stacks));
    if (unknown !== undefined)
      throw new Error(`${join(outdir, 'manifest.json')}: ${id} depends on ${unknown}, which is not a stack`);
  }
  return Object.entries(stacks).map(([id, { workingDirectory, synthesizedStackPath, dependencies }]) => {
    const { variable, data, terraform } = readChecked(join(outdir, synthesizedStackPath), stackFile);
    return {
      id,
      folder: join(outdir, workingDirectory),
      dependencies,
      reads: Object.values(data.terraform_remote_state).map(({ config }) => config.key),
      variables: Object.keys(variable).filter((name) => child(variable[name], 'default') === undefined),
      stateBucket: terraform.backend.s3.bucket,
      stateRegion: terraform.backend.s3.region,
    };
  });
}

function readChecked<T extends z.ZodType>(file: string, schema: T): z.output<T> {
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Error(
      `${file}: cannot be read as JSON (${(error as Error).message}); run 'npm run synth' again`,
      { cause: error },
    );
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(
      `${file}: ${issue?.path.join('.')}: ${issue?.message}; it was not written by CDKTF 0.21, run 'npm run synth' again`,
    );
  }
  return parsed.data;
}

/** Bootstrap stacks are applied by an administrator, before and apart from all others. */
export function isBootstrap({ id }: SynthesizedStack): boolean {
  return /^bootstrap(-\d{12})?$/.test(id);
}

/** Names of the environments, in the order of their first stack. Their own names have no hyphen. */
export function environmentsOf(stacks: readonly SynthesizedStack[]): readonly string[] {
  return [
    ...new Set(
      stacks
        .filter((stack) => stack.id.includes('-') && !isBootstrap(stack))
        .map(({ id }) => id.slice(0, id.indexOf('-'))),
    ),
  ];
}

export interface EnvironmentStacks {
  /** Of the environment's account: the one whose bucket its states lie in. */
  readonly bootstrap: SynthesizedStack;
  /** The environment's own, and the shared ones of its account that they depend on, dependencies first. */
  readonly stacks: readonly SynthesizedStack[];
}

/**
 * The stacks of an environment.
 * @throws Error naming the environments there are
 */
export function stacksOf(all: readonly SynthesizedStack[], environment: string): EnvironmentStacks {
  if (!environmentsOf(all).includes(environment)) {
    throw new Error(`unknown environment '${environment}': there are ${environmentsOf(all).join(', ')}`);
  }
  const wanted = new Set<string>();
  const want = (id: string): void => {
    if (wanted.has(id)) return;
    wanted.add(id);
    all.find((stack) => stack.id === id)?.dependencies.forEach(want);
  };
  const mine = all.filter(({ id }) => id.startsWith(`${environment}-`));
  mine.forEach(({ id }) => want(id));
  const bootstrap = all.find((stack) => isBootstrap(stack) && stack.stateBucket === mine[0]?.stateBucket);
  if (!bootstrap) throw new Error(`no bootstrap stack keeps the state of ${environment}`);
  // What is shared but lives in another account is the business of the environment there.
  const shared = all.filter(({ id, stateBucket }) => wanted.has(id) && stateBucket === bootstrap.stateBucket);
  return { bootstrap, stacks: inOrder(shared) };
}

/**
 * Those of an environment's stacks that are named, with or without the environment's prefix; all when none is named.
 * @throws Error naming the stacks there are
 */
export function named(
  stacks: readonly SynthesizedStack[],
  environment: string,
  names: readonly string[],
): readonly SynthesizedStack[] {
  const ids = names.map((name) => {
    const found = stacks.find(
      (stack) =>
        stack.id === name ||
        stack.id === `${environment}-${name}` ||
        (name === 'bootstrap' && isBootstrap(stack)),
    );
    if (!found)
      throw new Error(
        `no stack '${name}' in ${environment}: there are ${stacks.map(({ id }) => id).join(', ')}`,
      );
    return found.id;
  });
  return ids.length === 0 ? stacks : stacks.filter(({ id }) => ids.includes(id));
}

/** Dependencies first; the given order otherwise. */
export function inOrder(stacks: readonly SynthesizedStack[]): readonly SynthesizedStack[] {
  const ordered: SynthesizedStack[] = [];
  const place = (stack: SynthesizedStack, path: readonly string[]): void => {
    if (ordered.includes(stack)) return;
    if (path.includes(stack.id))
      throw new Error(`stacks depend on each other in a circle: ${[...path, stack.id].join(' -> ')}`);
    for (const id of stack.dependencies) {
      const dependency = stacks.find((other) => other.id === id);
      if (dependency) place(dependency, [...path, stack.id]);
    }
    ordered.push(stack);
  };
  stacks.forEach((stack) => place(stack, []));
  return ordered;
}
