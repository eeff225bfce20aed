import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { APPLY_MARKER } from '../../workflows-src/comment/apply-body';
import { PLAN_MARKER } from '../../workflows-src/comment/plan-body';
import type { LoggedRequest } from '../github/fake-github';
import type { CommentState, PullRequestState, StatusState } from '../github/repository';
import type { StackBody, World } from './world';

const TOOLS = join(__dirname, '../../.fairlead/venv/bin');
export const python = join(TOOLS, 'python');

/** Without act and the emulator these are not run, and the setup has said so; in CI they fail. */
export const rehearsed =
  process.env.CI || [python, join(TOOLS, 'act')].every((file) => existsSync(file)) ? describe : describe.skip;

/** Of one test: several runs of workflows, each with several plans, on a machine that does other things besides. */
export const TEST_MS = 180_000;

/** A stack that terraform manages by itself, with one value that it exports. */
export function holding(input: unknown, more: Partial<StackBody> = {}): StackBody {
  return {
    resource: { terraform_data: { it: { input } } },
    output: { it: { value: '${terraform_data.it.output}' } },
    ...more,
  };
}

/** Applies both environments as they are in the checkout, reviewed or not: where a story begins. */
export async function applyAll(world: World): Promise<void> {
  for (const environment of ['dev', 'prod']) {
    const { code, out, err } = await world.command(['apply', environment]);
    if (code !== 0) throw new Error(`${environment} could not be applied: ${out}${err}`);
  }
}

/** What a stack exports, as its state has it. */
export async function exported(world: World, stack: string, output = 'it'): Promise<unknown> {
  const state = JSON.parse(await world.state(stack)) as { outputs: Record<string, { value: unknown }> };
  return state.outputs[output]?.value;
}

/** The one comment with the plan. */
export function planComment(world: World, pull: PullRequestState): CommentState {
  return theOne(world, pull, PLAN_MARKER);
}

/** The one comment that says what was applied. */
export function applyComment(world: World, pull: PullRequestState): CommentState {
  return theOne(world, pull, APPLY_MARKER);
}

function theOne(world: World, pull: PullRequestState, marker: string): CommentState {
  const found = world.github.repository
    .comments(pull.number)
    .filter(({ body }) => body.startsWith(`${marker}\n`));
  const [comment] = found;
  if (comment === undefined || found.length > 1)
    throw new Error(`pull request ${pull.number} has ${found.length} comments with ${marker}`);
  return comment;
}

/** The commit status that stands, with what it says. */
export function statusOf(
  world: World,
  pull: PullRequestState,
): Pick<StatusState, 'state' | 'description'> | undefined {
  const status = world.github.repository.statuses.findLast(({ sha }) => sha === pull.headSha);
  return status && { state: status.state, description: status.description };
}

/** What is done, and the requests that changed something of GitHub's meanwhile. */
export async function withWrites<T>(
  world: World,
  work: () => Promise<T>,
): Promise<{ result: T; writes: readonly LoggedRequest[] }> {
  const before = world.github.writes().length;
  const result = await work();
  return { result, writes: world.github.writes().slice(before) };
}
