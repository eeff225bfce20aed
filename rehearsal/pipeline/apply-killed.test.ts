import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import type { ReviewedPullRequest, Reviews } from '../../workflows-src/review/reviews';
import { python, rehearsed } from './support';
import { type StackBody, World } from './world';

/** In each stack: enough that a run can be ended between any two of them. */
const GROUPS = 8;
/** Twenty commands, each of which starts the AWS provider once or twice. */
const TEST_MS = 600_000;
/** How long terraform may go on by itself; one that hangs is a failure. */
const SETTLE_MS = 60_000;

/**
 * Log groups, one after the other, to each of which AWS gives a name of its own: one that is created twice, or that no state
 * knows of, is there to be counted.
 */
const groups = (stack: string): StackBody => ({
  resource: {
    aws_cloudwatch_log_group: Object.fromEntries(
      Array.from({ length: GROUPS }, (_, index) => [
        `g${index}`,
        {
          name_prefix: `/${stack}/`,
          ...(index > 0 && { depends_on: [`aws_cloudwatch_log_group.g${index - 1}`] }),
        },
      ]),
    ),
  },
});

/** What a command was seen to have come to. */
interface Seen {
  readonly err: string;
  readonly isLocked: boolean;
  readonly groups: number;
}

/** Where an apply is ended: it has come at least as far. */
const POINTS: readonly (readonly [string, (seen: Seen) => boolean])[] = [
  ['it plans', ({ err }) => err.includes('planning')],
  ['it plans under the lock', ({ isLocked }) => isLocked],
  ['it begins to apply', ({ err }) => err.includes('applying')],
  ['it applies under the lock', ({ err, isLocked }) => err.includes('applying') && isLocked],
  ...[1, 2, 4, 6, GROUPS].map(
    (count) => [`there are ${count} log groups`, (seen: Seen) => seen.groups >= count] as const,
  ),
  ['terraform has ended well', ({ err }) => err.includes('applied:')],
];

rehearsed('an apply that is ended', () => {
  const stacks = POINTS.map((_, index) => `dev-k${index}`);
  const alone = 'dev-gone';
  let world: World;
  let reviews: string;

  beforeAll(async () => {
    const holding = { resource: { terraform_data: { it: {} } } };
    world = await World.begin(python, {
      bootstrap: holding,
      ...Object.fromEntries([...stacks, alone].map((stack) => [stack, groups(stack)])),
    });
    const results = join(world.checkout, '.fairlead/results');
    const { code, out, err } = await world.command(['plan', 'dev', '--results', results]);
    if (code !== 0) throw new Error(`${out}${err}`);
    reviews = join(world.checkout, '.fairlead/reviews.json');
    const commit = world.git('rev-parse', 'HEAD');
    const reviewed: ReviewedPullRequest = {
      number: 1,
      headSha: commit,
      stacks: [...stacks, alone],
      results: readdirSync(results)
        .filter((name) => name.endsWith('.json'))
        .map((name) => JSON.parse(readFileSync(join(results, name), 'utf8')) as never),
    };
    const all: Reviews = { format: 1, environment: 'dev', commit, pullRequests: [reviewed], newer: {} };
    writeFileSync(reviews, JSON.stringify(all));
  }, TEST_MS);
  afterAll(() => world.end());

  const command = (stack: string): readonly string[] => ['apply', 'dev', stack, '--reviews', reviews];

  /** Names of the stack's log groups, as AWS has them. */
  const inAws = async (stack: string): Promise<readonly string[]> => {
    const answer = await fetch(world.emulator.endpoint, {
      method: 'POST',
      headers: {
        authorization: 'AWS4-HMAC-SHA256 Credential=rehearsal/20261101/eu-west-1/logs/aws4_request',
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'Logs_20140328.DescribeLogGroups',
      },
      body: JSON.stringify({ logGroupNamePrefix: `/${stack}/` }),
    });
    const { logGroups } = (await answer.json()) as { logGroups: readonly { logGroupName: string }[] };
    return logGroups.map(({ logGroupName }) => logGroupName).sort();
  };

  /** And as the stack's state has them, those without that were cut off while they were made; none where there is no state. */
  const inState = async (stack: string, which: 'all' | 'whole' = 'all'): Promise<readonly string[]> => {
    const { resources } = JSON.parse((await world.object(stack)) ?? '{"resources":[]}') as State;
    return resources
      .flatMap(({ instances }) => instances)
      .filter(({ status }) => which === 'all' || status !== 'tainted')
      .map(({ attributes }) => attributes.id)
      .sort();
  };

  /** Terraform works on a plan file of the stack's name. */
  const terraformsOf = (stack: string): readonly number[] =>
    execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(`/${stack}.tfplan`) && !line.includes(' ps '))
      .map((line) => Number.parseInt(line, 10));

  const ended = async (stack: string): Promise<void> => {
    const deadline = Date.now() + SETTLE_MS;
    while (terraformsOf(stack).length > 0) {
      if (Date.now() > deadline) throw new Error(`${stack}: terraform goes on`);
      await pause(50);
    }
  };

  /** An apply that is left to itself as soon as it has come that far. */
  const begun = async (stack: string, isThere: (seen: Seen) => boolean) => {
    const child = spawn(
      process.execPath,
      ['-r', 'tsx/cjs', join(world.checkout, 'workflows-src/cli/main.ts'), ...command(stack)],
      { cwd: world.checkout, env: world.env, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let err = '';
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.stdout.on('data', (chunk: Buffer) => (err += chunk.toString()));
    const gone = once(child, 'close').then(([code, signal]) => ({ code, signal }) as Gone);
    for (;;) {
      const seen = {
        err,
        isLocked: (await world.lockId(stack)) !== undefined,
        groups: (await inAws(stack)).length,
      };
      if (isThere(seen)) return { child, gone };
      if (child.exitCode !== null) throw new Error(`${stack} ended before it was there: ${err}`);
      await pause(20);
    }
  };

  test.each(POINTS.map(([name, isThere], index) => ({ name, isThere, index })))(
    'when $name leaves no lock, and every log group is in the state',
    async ({ isThere, index }) => {
      const stack = stacks[index]!;
      const { child, gone } = await begun(stack, isThere);
      child.kill('SIGTERM');
      // Half of them may end in order; the others are gone before terraform is.
      await Promise.race([gone, pause(index % 2 === 0 ? 50 : 2_500)]);
      child.kill('SIGKILL');
      await gone;
      await ended(stack);

      expect(await world.lockId(stack)).toBeUndefined();
      const created = await inAws(stack);
      expect(await inState(stack)).toEqual(created);
    },
    TEST_MS,
  );

  test(
    'is gone on with by running it again: what was done is not done twice',
    async () => {
      const before = new Map<string, readonly string[]>();
      for (const stack of stacks) before.set(stack, await inState(stack, 'whole'));
      // Some were ended before they had made anything, some in the middle: else these points are none.
      expect(new Set([...before.values()].map(({ length }) => length)).size).toBeGreaterThanOrEqual(4);
      const { code, out, err } = await world.command(['apply', 'dev', ...stacks, '--reviews', reviews]);
      if (code !== 0) throw new Error(`${out}${err}`);
      for (const stack of stacks) {
        const created = await inAws(stack);
        expect(created).toHaveLength(GROUPS);
        expect(created).toEqual(expect.arrayContaining([...before.get(stack)!]));
        expect(await inState(stack)).toEqual(created);
      }
    },
    TEST_MS,
  );

  test(
    'together with terraform, as when the machine goes, says how its lock is taken off, and then goes on',
    async () => {
      const { child, gone } = await begun(alone, ({ isLocked }) => isLocked);
      child.kill('SIGKILL');
      for (const pid of terraformsOf(alone)) process.kill(pid, 'SIGKILL');
      await gone;
      await ended(alone);

      const locked = await world.command(command(alone));
      expect(locked.code).toBe(1);
      expect(locked.out).toMatch(/`dev-gone` is locked by `[^`]+@[^`]+` since `\d{4}-\d\d-\d\d/);
      const [, id] =
        /^> terraform -chdir=cdktf\.out\/stacks\/dev-gone force-unlock (\S+)$/m.exec(locked.out) ?? [];
      expect(await world.lockId(alone)).toBe(id);

      const commands = locked.out.match(/(?<=^> )terraform .*$/gm) ?? [];
      expect(commands).toHaveLength(2);
      for (const one of commands)
        execFileSync('/bin/sh', ['-c', one], { cwd: world.checkout, env: world.env, input: 'yes\n' });
      expect((await world.command(command(alone))).code).toBe(0);
      expect(await inState(alone)).toEqual(await inAws(alone));
      expect(await inAws(alone)).toHaveLength(GROUPS);
    },
    TEST_MS,
  );
});

/** Of Terraform's state, version 4. */
interface State {
  readonly resources: readonly {
    readonly instances: readonly { readonly attributes: { readonly id: string }; readonly status?: string }[];
  }[];
}

interface Gone {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
