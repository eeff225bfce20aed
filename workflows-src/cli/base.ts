import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { inOrder, readSynthesized, type SynthesizedStack } from '../graph/synthesized';
import { inputPathspecsIn } from '../image/inputs';
import { affectedStacks, type Affected, type StackFiles } from '../review/affected';
import { run } from '../terraform/process';
import { type CommandIo, UsageError } from './io';
import { synthesize } from './workspace';

/** This checkout beside the commit that it is compared with. */
export interface Compared {
  /** The commit of the base, 40 hexadecimal digits. */
  readonly base: string;
  readonly affected: Affected;
  /** Services whose image the merge will build anew. */
  readonly builds: readonly string[];
  readonly before: readonly StackFiles[];
  readonly after: readonly StackFiles[];
}

/**
 * Synthesizes the base in a worktree of its own, and compares.
 * @param ref a branch, tag or commit: the base is where this checkout left it
 * @param outdir where this checkout is synthesized already
 * @throws UsageError when there is no such commit; Error with what git or the app said
 */
export async function compareWithBase(io: CommandIo, ref: string, outdir: string): Promise<Compared> {
  const base = await mergeBase(io, ref);
  const hasChanged = async (...paths: readonly string[]): Promise<boolean> =>
    (await git(io, ['diff', '--name-only', '--no-renames', '-z', base, '--', ...paths])) !== '';
  const after = stackFiles(inOrder(readSynthesized(outdir)));
  const before = await synthesizedAt(io, base);
  const builds: string[] = [];
  for (const service of servicesIn(io.cwd))
    if (await hasChanged(...inputPathspecsIn(io.cwd, service))) builds.push(service);
  // What the base gives with other packages is not what it gave: nothing can be said to be unchanged.
  const all = await hasChanged(':(top)package-lock.json', ':(top).npmrc');
  const touched = after
    .map(({ stack }) => stack)
    .filter(({ id, variables }) => all || (variables.includes('image') && isBuilt(id, builds)));
  return {
    base,
    builds,
    before,
    after,
    affected: affectedStacks(before, after, new Set(touched.map(({ id }) => id))),
  };
}

function isBuilt(stack: string, builds: readonly string[]): boolean {
  return builds.some((service) => stack.endsWith(`-tasks-${service}`));
}

async function mergeBase(io: CommandIo, ref: string): Promise<string> {
  if (ref.startsWith('-')) throw new UsageError(`--base must be a commit or a branch, got '${ref}'`);
  const commit = await git(io, ['rev-parse', '--quiet', '--verify', `${ref}^{commit}`]).catch(() => {
    throw new UsageError(`--base ${ref}: there is no such commit here; fetch it first (git fetch origin)`);
  });
  return git(io, ['merge-base', commit.trim(), 'HEAD'])
    .catch(() => {
      throw new UsageError(
        `--base ${ref}: it has no commit in common with HEAD; in a shallow clone fetch more history`,
      );
    })
    .then((found) => found.trim());
}

function synthesizedAt(io: CommandIo, commit: string): Promise<readonly StackFiles[]> {
  return withSynthesized(io, commit, async (outdir) => stackFiles(inOrder(readSynthesized(outdir))));
}

/**
 * Synthesizes another commit in a worktree of its own, with the packages of this checkout.
 * @param work is given the folder with its stacks, which is gone afterwards
 * @param within the checkout's folder for it, where it stays when this process is killed. @default a temporary one, which goes
 * @throws Error with what git or the app said
 */
export async function withSynthesized<T>(
  io: CommandIo,
  commit: string,
  work: (outdir: string) => Promise<T>,
  within?: string,
): Promise<T> {
  if (within !== undefined) mkdirSync(join(io.cwd, within), { recursive: true });
  const folder = mkdtempSync(join(within === undefined ? tmpdir() : join(io.cwd, within), 'fairlead-base-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  if (within === undefined) process.on('exit', remove);
  const worktree = join(folder, 'checkout');
  try {
    await git(io, ['worktree', 'add', '--detach', '--quiet', worktree, commit]);
    if (existsSync(join(io.cwd, 'node_modules')))
      symlinkSync(join(io.cwd, 'node_modules'), join(worktree, 'node_modules'));
    const outdir = join(folder, 'cdktf.out');
    await synthesize({ ...io, cwd: worktree }, outdir).catch((error: unknown) => {
      throw new Error(`the commit ${commit}: ${(error as Error).message}`, { cause: error });
    });
    return await work(outdir);
  } finally {
    remove();
    process.removeListener('exit', remove);
    // Not stopped by Ctrl-C: git would remember a worktree that is gone.
    await git({ ...io, signal: undefined }, ['worktree', 'prune']);
  }
}

function stackFiles(stacks: readonly SynthesizedStack[]): readonly StackFiles[] {
  return stacks.map((stack) => ({
    stack,
    files: new Map(
      readdirSync(stack.folder, { withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ name }) => [name, readFileSync(join(stack.folder, name), 'utf8')]),
    ),
  }));
}

/** @returns undefined where the stack is not there */
export function configurationOf(one: StackFiles | undefined): unknown {
  const text = one?.files.get('cdk.tf.json');
  return text === undefined ? undefined : JSON.parse(text);
}

function servicesIn(cwd: string): readonly string[] {
  const folder = join(cwd, 'services');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'service.ts')))
    .map(({ name }) => name);
}

/** @throws Error with what git said */
export async function git(
  io: Omit<CommandIo, 'signal'> & { readonly signal?: AbortSignal | undefined },
  args: readonly string[],
): Promise<string> {
  const { code, stdout, stderr } = await run('git', args, { cwd: io.cwd, env: io.env, signal: io.signal });
  if (code !== 0) throw new Error(`git ${args[0]} failed (exit ${code}): ${stderr.trim()}`);
  return stdout.toString('utf8');
}
