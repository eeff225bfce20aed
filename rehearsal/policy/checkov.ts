import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import * as z from 'zod';

import { run } from '../../workflows-src/terraform/process';
import { installed, type PythonOptions, type PythonPackages } from '../python';
import { skipsAsHcl, type Skip } from './skips';

/** A venv of its own: checkov pins another boto3 than the emulator's. */
const CHECKOV: PythonPackages = {
  name: 'policy-venv',
  requirements: join(__dirname, 'requirements.txt'),
  whose: 'policy scan',
  // Measured: 290 MB installed, and as much again while pip unpacks.
  needsMiB: 600,
};

export interface CheckovOptions extends Omit<PythonOptions, 'onInstall'> {
  /** Told in one line that it has to be installed. */
  readonly say: (line: string) => void;
}

/** @returns the Python that has checkov; see `installed` */
export async function checkovPython({ say, ...options }: CheckovOptions): Promise<string> {
  const onInstall = (): void =>
    say('Installing checkov from hash-pinned packages into .fairlead, once; about a minute.');
  return join(await installed(CHECKOV, { ...options, onInstall }), 'python');
}

const record = z
  .looseObject({
    check_id: z.string(),
    check_name: z.string().nullish(),
    resource: z.string(),
    /** `…/<stack>.json` */
    file_abs_path: z.string(),
  })
  .transform(({ file_abs_path, ...others }) => ({ ...others, stack: basename(file_abs_path, '.json') }));

/** checkov's own report, as far as it is judged. */
const report = z.looseObject({
  results: z.looseObject({
    passed_checks: z.array(record),
    failed_checks: z.array(record),
    skipped_checks: z.array(record),
    parsing_errors: z.array(z.string()),
  }),
  summary: z.looseObject({ resource_count: z.number(), checkov_version: z.string() }),
});

export type CheckovResult = z.output<typeof record>;
export type CheckovReport = z.output<typeof report> & {
  /** 0 when nothing failed. */
  readonly code: number;
};

/** @throws Error naming what is missing: a report that cannot be read proves nothing */
export function readReport(code: number, stdout: string, stderr: string): CheckovReport {
  let json: unknown;
  try {
    json = JSON.parse(stdout);
  } catch {
    throw new Error(
      `checkov gave no report (exit ${code}): ${stderr.trim().split('\n').slice(-3).join('\n')}`,
    );
  }
  const parsed = report.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Error(`checkov's report is not as expected: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  return { ...parsed.data, code };
}

export interface ScanOptions {
  /** Of the venv. */
  readonly python: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal?: AbortSignal | undefined;
  /** The skips are written to it. */
  readonly folder: string;
}

/**
 * One run over all plans: the sum of single runs, in the time of one.
 * @param files plans as JSON, each called `<stack id>.json`
 */
export async function scan(
  files: readonly string[],
  skips: readonly Skip[],
  { python, env, signal, folder }: ScanOptions,
): Promise<CheckovReport> {
  const enrichment = join(folder, 'skips');
  mkdirSync(enrichment, { recursive: true });
  writeFileSync(join(enrichment, 'skips.tf'), skipsAsHcl(skips));
  const { code, stdout, stderr } = await run(
    python,
    [
      '-m',
      'checkov.main',
      '--skip-download',
      ...['--framework', 'terraform_plan'],
      ...['--repo-root-for-plan-enrichment', enrichment],
      ...['--output', 'json'],
      ...files.flatMap((file) => ['-f', file]),
    ],
    { cwd: folder, env: alone(env, folder), signal, graceMs: 1000 },
  );
  return readReport(code, stdout.toString('utf8'), stderr);
}

/** Neither a person's own settings of checkov nor their account with its maker: the verdict is the same for everybody. */
function alone(env: NodeJS.ProcessEnv, folder: string): NodeJS.ProcessEnv {
  const others = Object.entries(env).filter(
    ([name]) => !/^(CKV_|CHECKOV_|BC_|PRISMA_|AWS_|LOG_LEVEL)/.test(name),
  );
  return { ...Object.fromEntries(others), HOME: folder };
}
