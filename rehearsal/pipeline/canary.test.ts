import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';

import { unzipSync } from 'fflate';

import type { PullRequestState } from '../github/repository';
import {
  applyAll,
  applyComment,
  holding,
  planComment,
  python,
  rehearsed,
  statusOf,
  TEST_MS,
} from './support';
import { type RanWorkflow, type StackBody, World } from './world';

/** A secret. What JSON, a shell and HTML would write in another way stands between two pieces that all write alike. */
const canary = (name: string): string => `CANARY-${name}"\\<&'CANARY-${name}`;
/** One of characters that AWS takes in a name. */
const plainCanary = (name: string): string => `CANARY-${name}`;

/** What `secrets` of GitHub would hand to the jobs. */
const SECRETS = {
  DEPLOY_TOKEN: canary('token'),
  API_KEY: plainCanary('name'),
  SIGNING_KEY: `${canary('line1')}\n${canary('line2')}`,
};
/** Of a sensitive variable, and unknown to the environment: only Terraform's own marks tell of it. */
const MARKED_NAME = `/rehearsal/${plainCanary('marked')}`;

const STACKS = ['dev-app', 'dev-cloud', 'prod-app'];

/** Each place where a secret may stand that costs no provider. @param round another value of each */
const app = (round: string, more: object = {}): StackBody => ({
  variable: { password: { type: 'string', default: canary(`default${round}`), sensitive: true } },
  resource: {
    terraform_data: {
      sensitive: { input: '${var.password}' },
      plain: { input: `${round} ${SECRETS.DEPLOY_TOKEN}` },
      lines: { input: `${round}\n${SECRETS.SIGNING_KEY}` },
      named: { input: { level: `debug${round}`, api_key: canary(`named${round}`) } },
      keyed: { for_each: `\${toset(["${SECRETS.API_KEY}"])}`, input: round },
      ...more,
    },
  },
  output: {
    password: { value: '${var.password}', sensitive: true },
    literal: { value: canary(`output${round}`), sensitive: true },
  },
  check: {
    token: {
      assert: [
        {
          condition: '${length(terraform_data.plain.input) < 3}',
          error_message: 'The check says: ${terraform_data.plain.input}.',
        },
      ],
    },
  },
});

/** A stack that terraform refuses to plan, in words that hold a secret. */
const refused = (round: string): StackBody =>
  app(round, {
    refused: {
      input: round,
      lifecycle: {
        precondition: [
          {
            condition: '${length(terraform_data.plain.input) < 3}',
            error_message: 'Refused because of: ${terraform_data.plain.input}.',
          },
        ],
      },
    },
  });

/** And those places that are AWS's. */
const cloud = (groups: object = {}): StackBody => ({
  variable: { name: { type: 'string', default: MARKED_NAME, sensitive: true } },
  resource: {
    aws_cloudwatch_log_group: {
      named: { name: `/rehearsal/${SECRETS.API_KEY}`, retention_in_days: 7, tags: { token: canary('tag') } },
      marked: { name: '${var.name}', retention_in_days: 7 },
      ...groups,
    },
    aws_launch_template: {
      it: { name: 'api', user_data: Buffer.from(`export URL='${canary('userdata')}'\n`).toString('base64') },
    },
    aws_ecs_task_definition: {
      it: {
        family: 'it',
        container_definitions: JSON.stringify([
          {
            name: 'api',
            image: 'api',
            memory: 64,
            essential: true,
            environment: [{ name: 'URL', value: canary('container') }],
          },
        ]),
      },
    },
  },
});

/** What AWS refuses only when it is created, naming it: there is one of that name. */
const TWINS = {
  twin_named: { name: `/rehearsal/${SECRETS.API_KEY}` },
  twin_marked: { name: '${var.name}' },
};

/** Names of the canaries that a text holds, whole or in pieces, in clear or in base64 that begins anywhere. */
function canariesIn(text: string): readonly string[] {
  const decoded = [...text.matchAll(/[\w+/-]{12,}/g)].flatMap(([run]) =>
    [0, 1, 2, 3].map((skipped) => Buffer.from(run.slice(skipped), 'base64').toString('latin1')),
  );
  const found = [text, ...decoded].flatMap((one) =>
    [...one.matchAll(/CANARY(?:-([a-z0-9]+))?/g)].map(([, name]) => name ?? 'a piece'),
  );
  return [...new Set(found)].sort();
}

rehearsed('no secret is in what the runs leave', () => {
  let world: World;
  /** Of the jobs: their temporary files, and what they added to their checkouts, which act removes at the end of each. */
  let left: string;
  const runs: Record<string, RanWorkflow> = {};
  const bodies: string[] = [];
  const takeBody = (message: unknown): void => {
    const { request } = message as { request: IncomingMessage };
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => bodies.push(Buffer.concat(chunks).toString('utf8')));
  };

  beforeAll(async () => {
    left = mkdtempSync(join(tmpdir(), 'fairlead-left-'));
    for (const folder of ['tmp', 'jobs']) mkdirSync(join(left, folder));
    writeFileSync(join(left, 'steps.sh'), KEEP_WHAT_A_STEP_LEAVES);
    // The fake GitHub is the only server of this process; it keeps no bodies of its own.
    subscribe('http.server.request.start', takeBody);
    world = await World.begin(
      python,
      { bootstrap: {}, 'dev-app': holding('v1'), 'prod-app': holding('v1') },
      {
        ...SECRETS,
        TMPDIR: join(left, 'tmp'),
        BASH_ENV: join(left, 'steps.sh'),
        LEFT_BY_JOBS: join(left, 'jobs'),
      },
    );
    await applyAll(world);
  }, TEST_MS);
  afterAll(async () => {
    unsubscribe('http.server.request.start', takeBody);
    await world.end();
    rmSync(left, { recursive: true, force: true });
    expect(world.github.violations).toEqual([]);
  });

  const planned = async (
    branch: string,
    edit: (stacks: Record<string, StackBody>) => void,
  ): Promise<PullRequestState> => {
    const pull = await world.pullRequest(branch, edit);
    runs[`plan of ${branch}`] = await world.plan(pull, 'opened');
    return pull;
  };
  const merged = async (pull: PullRequestState, meanwhile: () => void = () => undefined): Promise<string> => {
    const before = await world.merge(pull);
    meanwhile();
    const ran = await world.apply(before);
    runs[`apply of ${pull.headBranch}`] = ran;
    return `${ran.jobs['apply-dev']}: ${applyComment(world, pull).body}`;
  };

  test(
    'a plan that creates what holds them',
    async () => {
      const pull = await planned('secrets', (stacks) => {
        stacks['dev-app'] = app('1');
        stacks['dev-cloud'] = cloud();
      });
      expect(statusOf(world, pull)?.state).toBe('success');
      const { body } = planComment(world, pull);
      for (const address of [
        'terraform_data.sensitive',
        'aws_launch_template.it',
        'aws_ecs_task_definition.it',
        'check.token',
      ])
        expect(body).toContain(address);
      expect(body).toContain('(sensitive)');
      expect(await merged(pull)).toContain('success: ');
      expect(applyComment(world, pull).body).toContain('## `dev`: applied, 2 stacks changed');
    },
    TEST_MS,
  );

  test(
    'an apply that AWS refuses, naming what it refuses',
    async () => {
      const pull = await planned('twins', (stacks) => {
        stacks['dev-app'] = app('2');
        stacks['dev-cloud'] = cloud(TWINS);
      });
      expect(statusOf(world, pull)?.state).toBe('success');
      const said = await merged(pull);
      expect(said).toContain('failure: ');
      expect(said).toContain('**Failed**: `dev-cloud`');
      expect(said).toContain('terraform apply failed (exit 1)\n(sensitive)\n(sensitive)\n');
    },
    TEST_MS,
  );

  test(
    'a plan that terraform refuses, in words that hold them',
    async () => {
      const pull = await planned('refused', (stacks) => {
        stacks['dev-app'] = refused('3');
        // No name of a log group: the provider refuses it and says which.
        stacks['dev-cloud'] = {
          variable: { name: { type: 'string', default: canary('invalid'), sensitive: true } },
          resource: { aws_cloudwatch_log_group: { marked: { name: '${var.name}' } } },
        };
      });
      const { body } = planComment(world, pull);
      expect(body).toContain('**Planning failed**: `dev-app`, `dev-cloud`');
      expect(body).toContain('Resource precondition failed');
      // All that the provider said is one line.
      expect(body).toContain('terraform plan failed (exit 1)\n(sensitive)\n');
    },
    TEST_MS,
  );

  test(
    'an apply that is stopped, because something was changed after the review',
    async () => {
      const pull = await planned('mended', (stacks) => (stacks['dev-cloud'] = cloud()));
      const late = { late: { for_each: `\${toset(["${SECRETS.API_KEY}"])}`, input: SECRETS.DEPLOY_TOKEN } };
      const said = await merged(pull, () => {
        world.commit('straight to main', (stacks) => (stacks['dev-app'] = app('3', late)));
      });
      expect(said).toContain('failure: ');
      expect(said).toContain('## `dev`: stopped, and nothing was changed');
    },
    TEST_MS,
  );

  test(
    'drift, beside a stack that cannot be planned',
    async () => {
      world.commit('straight to main again', (stacks) => (stacks['dev-app'] = refused('4')));
      const logGroupName = `/rehearsal/${SECRETS.API_KEY}`;
      await world.emulator.aws('set-log-retention', { logGroup: logGroupName, days: 30 });
      await logs(world, 'TagLogGroup', {
        logGroupName,
        tags: { password: canary('tagged'), note: SECRETS.DEPLOY_TOKEN },
      });
      runs['drift'] = await world.drift();
      expect(world.github.repository.issues.map(({ title }) => title).sort()).toEqual([
        'Drift in dev-cloud: 1 resource',
        'dev-app cannot be planned',
      ]);
      const [drift] = world.github.repository.issues.filter(({ title }) => title.startsWith('Drift'));
      expect(drift?.body).toContain('retention_in_days: 7 → 30');
      expect(drift?.body).toContain('tags.note');
    },
    TEST_MS,
  );

  /** By where it is, whose first word says of what kind. */
  const everything = async (): Promise<ReadonlyMap<string, string>> => {
    const { repository, requests } = world.github;
    const applied = await Promise.all(
      STACKS.map(
        async (stack) => [`record of ${stack}`, (await world.object(`${stack}.applied`)) ?? ''] as const,
      ),
    );
    return new Map([
      ...applied,
      ...repository.allComments.map(({ id, body }) => [`comment ${id}`, body] as const),
      ...[...repository.issues, ...repository.pullRequests].map(
        ({ number, title, body }) => [`issue ${number}`, `${title}\n${body}`] as const,
      ),
      ...repository.statuses.map((status) => [`status ${status.id}`, JSON.stringify(status)] as const),
      ...repository.artifacts.flatMap(({ id, name, zip }) =>
        Object.entries(unzipSync(zip)).map(
          ([file, bytes]) => [`artifact ${id} ${name}/${file}`, Buffer.from(bytes).toString('utf8')] as const,
        ),
      ),
      ...Object.entries(runs).flatMap(([name, { log, summary }]) => [
        [`log of ${name}`, log] as const,
        [`summary of ${name}`, summary] as const,
      ]),
      ...requests.map(({ method, path }, index) => [`address ${index}`, `${method} ${path}`] as const),
      ...bodies.map((body, index) => [`body ${index}`, body] as const),
      ...filesIn(left).map((file) => [`left ${relative(left, file)}`, readFileSync(file, 'utf8')] as const),
    ]);
  };

  test(
    'what they left is all there, and none of it is packed so that a search would miss something',
    async () => {
      const all = await everything();
      const kinds = new Set([...all.keys()].map((where) => where.split(' ')[0]));
      expect([...kinds].sort()).toEqual([
        'address',
        'artifact',
        'body',
        'comment',
        'issue',
        'left',
        'log',
        'record',
        'status',
        'summary',
      ]);
      // No plan file is among them, which is an archive and holds the state; nor is any other file without a purpose.
      const files = [...all.keys()].filter((where) => where.startsWith('left '));
      expect([...new Set(files.map((where) => basename(where)))].sort()).toEqual([
        'dev-app.json',
        'dev-cloud.json',
        'drift-dev.json',
        'drift-prod.json',
        'last-applied.json',
        'plan-dev.html',
        'report.json',
        'review.json',
        'reviews.json',
        'told',
      ]);
      // Of comments that were written over too: what an apply said that failed.
      expect(bodies.filter((body) => body.includes('**Failed**: `dev-cloud`'))).toHaveLength(1);
      expect([...all].find(([where]) => where.endsWith('-affected/told'))?.[1]).toContain(
        'stacks=["dev-app"',
      );
    },
    TEST_MS,
  );

  test('no secret is in any of it', async () => {
    const hits = [...(await everything())].flatMap(([where, text]) => {
      const found = canariesIn(text);
      return found.length === 0 ? [] : [`${where}: ${found.join(', ')}`];
    });
    expect(hits).toEqual([]);
  });

  test(
    'the same search finds each of them where it may stand: in the configuration and in the states',
    async () => {
      const { code } = await world.command([
        'apply',
        'dev',
        '--last-applied',
        join(left, 'last-applied.json'),
      ]);
      expect(code).toBe(0);
      const configured = (stack: string): string =>
        readFileSync(join(world.checkout, 'cdktf.out/stacks', stack, 'cdk.tf.json'), 'utf8');
      const inApp = (round: string): readonly string[] => [
        `default${round}`,
        'line1',
        'line2',
        'name',
        `named${round}`,
        `output${round}`,
        'token',
      ];
      // What is configured last was refused: the states are those of the last apply that ended well.
      expect(canariesIn(configured('dev-app'))).toEqual(inApp('4'));
      expect(canariesIn(await world.state('dev-app'))).toEqual(inApp('2'));
      const inAws = ['container', 'marked', 'name', 'tag', 'userdata'];
      expect(canariesIn(configured('dev-cloud'))).toEqual(inAws);
      expect(canariesIn(await world.state('dev-cloud'))).toEqual(inAws);
    },
    TEST_MS,
  );

  test('and it finds them escaped, and in base64 wherever that begins', () => {
    const secret = canary('x');
    const base64 = (before: string): string => Buffer.from(`${before}${secret}`).toString('base64');
    for (const text of [JSON.stringify(JSON.stringify(secret)), base64(''), base64('a'), base64('ab')])
      expect(canariesIn(`"/${text}"`)).toEqual(['x']);
    expect(canariesIn('no bird')).toEqual([]);
  });
});

/**
 * bash reads it before each step. When the step ends, it keeps the files that are not in the repository, and what the step
 * tells the runner: outputs, environment, summary. Not the configuration, which holds secrets, nor whence providers come.
 */
const KEEP_WHAT_A_STEP_LEAVES = `
keep() {
  to="$LEFT_BY_JOBS/$GITHUB_RUN_ID-$GITHUB_JOB"
  mkdir -p "$to"
  git ls-files -z --others --modified -x cdktf.out -x node_modules -x mirror.tfrc -x plugin-cache | tar -c --null -T - | tar -x -C "$to"
  cat "$GITHUB_OUTPUT" "$GITHUB_ENV" "$GITHUB_STEP_SUMMARY" >> "$to/told"
}
trap keep EXIT
`;

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    // Of the test's own, and the sources of the commands as tsx has compiled them.
    if (entry.name === 'steps.sh' || entry.name.startsWith('tsx-')) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesIn(path);
    return entry.isFile() ? [path] : [];
  });
}

/** An operation of CloudWatch Logs, for those that the emulator's commands have not. */
async function logs(world: World, operation: string, body: object): Promise<void> {
  const answer = await fetch(world.emulator.endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Logs_20140328.${operation}`,
      authorization: 'AWS4-HMAC-SHA256 Credential=rehearsal/20261101/eu-west-1/logs/aws4_request',
    },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${operation}: ${answer.status} ${await answer.text()}`);
}
