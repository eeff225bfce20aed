import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { PINS } from '../../workflows-src/model/pinned';
import { run } from '../../workflows-src/terraform/process';

export interface ActEvent {
  /** `pull_request`, `push`, `workflow_dispatch`, `schedule`. */
  readonly name: string;
  readonly payload: object;
}

export interface ActOptions {
  /** For act's own files. */
  readonly folder: string;
  /** The git repository; what is checked out there is what the run is for. */
  readonly checkout: string;
  /** File name in `.github/workflows`. */
  readonly workflow: string;
  readonly event: ActEvent;
  readonly token: string;
  /** Of every step. */
  readonly env: Readonly<Record<string, string>>;
  /** Programs that steps find before any other of that name: scripts. @default none */
  readonly programs?: Readonly<Record<string, string>>;
}

export interface ActRun {
  readonly code: number;
  /** Everything that was printed, line by line, as GitHub's log would have it. */
  readonly log: string;
  /** By id, for those that ran to their end. */
  readonly jobs: Readonly<Record<string, 'success' | 'failure'>>;
  /** What was written to the step summaries. */
  readonly summary: string;
}

/** What stands in for each action that needs GitHub itself. */
const STAND_INS: Readonly<Partial<Record<keyof typeof PINS, string>>> = {
  'actions/upload-artifact': 'upload-artifact',
  'actions/download-artifact': 'download-artifact',
  'actions/setup-node': 'nothing',
  'actions/attest': 'attest',
  'actions/dependency-review-action': 'says-inputs',
  'hashicorp/setup-terraform': 'nothing',
  'aws-actions/configure-aws-credentials': 'sign-in',
  'aws-actions/amazon-ecr-login': 'nothing',
  'github/codeql-action/analyze': 'says-inputs',
  'github/codeql-action/init': 'says-inputs',
  'github/codeql-action/upload-sarif': 'says-inputs',
  'grafana/setup-k6-action': 'nothing',
  'ossf/scorecard-action': 'says-inputs',
  'step-security/harden-runner': 'nothing',
};

/**
 * The workflows as act can read them: it does not know `concurrency.queue`. Nothing else of them is changed.
 * @param checkout holds `.github/workflows`
 */
export function standIns(checkout: string): void {
  const folder = join(checkout, '.github/workflows');
  for (const name of readdirSync(folder)) {
    const file = join(folder, name);
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^ +queue: max\n/gm, ''));
  }
}

/** Runs a workflow on this machine, without containers, with a clean environment. */
export async function runAct(options: ActOptions): Promise<ActRun> {
  const { folder, checkout, workflow, event, token, env, programs = {} } = options;
  const payload = join(folder, 'event.json');
  writeFileSync(payload, JSON.stringify(event.payload));
  const shims = makeShims(folder, programs);
  const replaced = Object.entries(STAND_INS).flatMap(([action, standIn]) => [
    '--local-repository',
    `${repositoryOf(action)}@${PINS[action as keyof typeof PINS].sha}=${join(__dirname, 'stand-ins', standIn)}`,
  ]);
  const home = join(folder, 'home');
  mkdirSync(home, { recursive: true });
  const path = `${shims}:${process.env.PATH}`;
  const variables = { ...env, PATH: path };
  const { code, stdout, stderr } = await run(
    join(__dirname, '../../.fairlead/venv/bin/act'),
    [
      event.name,
      '-W',
      join('.github/workflows', workflow),
      '-P',
      'ubuntu-24.04=-self-hosted',
      '-P',
      'ubuntu-24.04-arm=-self-hosted',
      '--action-cache-path',
      join(folder, 'actions'),
      '--action-offline-mode',
      '--no-cache-server',
      '--rm',
      '--json',
      '-s',
      `GITHUB_TOKEN=${token}`,
      '--eventpath',
      payload,
      ...Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...replaced,
    ],
    { cwd: checkout, env: { PATH: path, HOME: home, XDG_CACHE_HOME: join(home, '.cache') } },
  );
  return { code, ...read(`${stdout.toString('utf8')}\n${stderr}`) };
}

/** An action may lie in a folder of its repository. */
const repositoryOf = (action: string): string => action.split('/').slice(0, 2).join('/');

/** What steps call that needs GitHub or AWS: in front of the PATH. */
export function makeShims(folder: string, programs: Readonly<Record<string, string>> = {}): string {
  const shims = join(folder, 'bin');
  mkdirSync(shims, { recursive: true });
  for (const [name, script] of Object.entries({ ...SHIMS, ...programs })) {
    const file = join(shims, name);
    writeFileSync(file, script);
    chmodSync(file, 0o755);
  }
  return shims;
}

const SHIMS: Readonly<Record<string, string>> = {
  // Takes the packages and the tools that are here; everything else is the real npm.
  npm: [
    '#!/bin/sh',
    'if [ "$1" = ci ]; then',
    '  ln -sfn "$FAIRLEAD_ROOT/node_modules" node_modules',
    '  mkdir -p .fairlead && ln -sfn "$FAIRLEAD_ROOT/.fairlead/venv" .fairlead/venv',
    '  exit',
    'fi',
    // What it runs finds the other programs here all the same.
    'shims=$(dirname "$0")',
    'exec "$(PATH=$(echo "$PATH" | sed "s#$shims:##g") && command -v npm)" "$@"',
    '',
  ].join('\n'),
  // No image of any commit is in the registry.
  aws: '#!/bin/sh\necho None\n',
  gh: [
    '#!/bin/sh',
    'if [ "$*" = "attestation trusted-root" ]; then exec cat "$FAKE_TRUSTED_ROOTS"; fi',
    'echo "gh: the rehearsal has no gh $*" >&2',
    'exit 1',
    '',
  ].join('\n'),
};

interface LogLine {
  readonly msg?: string;
  readonly jobID?: string;
  readonly jobResult?: string;
  readonly command?: string;
  readonly content?: string;
}

function read(text: string): Pick<ActRun, 'log' | 'jobs' | 'summary'> {
  const jobs: Record<string, 'success' | 'failure'> = {};
  const log: string[] = [];
  const summary: string[] = [];
  for (const line of text.split('\n')) {
    const entry = parsed(line);
    if (entry === undefined) {
      if (line !== '') log.push(line);
      continue;
    }
    if (entry.msg?.includes('Skipping unsupported platform'))
      throw new Error(`act has no runner for a job: ${entry.msg}`);
    // Of a matrix there are several, and one that fails is enough.
    if (entry.jobID !== undefined && (entry.jobResult === 'success' || entry.jobResult === 'failure'))
      jobs[entry.jobID] = jobs[entry.jobID] === 'failure' ? 'failure' : entry.jobResult;
    if (entry.command === 'summary') summary.push(entry.content ?? '');
    if (entry.msg !== undefined) log.push(entry.msg.trimEnd());
  }
  return { jobs, log: log.join('\n'), summary: summary.join('\n') };
}

function parsed(line: string): LogLine | undefined {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return undefined;
  }
}
