import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import * as z from 'zod';

import { run } from '../../workflows-src/terraform/process';
import { installed, type PythonPackages } from '../python';
import type { Answer } from './answer-rules';

const SCHEMATHESIS: PythonPackages = {
  name: 'fuzz-venv',
  requirements: join(__dirname, 'requirements.txt'),
  whose: 'API fuzzer',
  // Measured: 92 MB installed, and as much again while pip unpacks.
  needsMiB: 200,
};

/** The same requests in every run. */
const SEED = 20_260_101;
/** At most, of each operation and kind. */
const EXAMPLES = 330;
const RUN_MS = 60_000;

const har = z.looseObject({
  log: z.looseObject({
    entries: z.array(
      z.looseObject({
        request: z.looseObject({ method: z.string(), url: z.string() }),
        response: z.looseObject({
          status: z.number(),
          headers: z.array(z.looseObject({ name: z.string(), value: z.string() })),
          content: z.looseObject({ text: z.string().nullish(), encoding: z.string().nullish() }),
        }),
      }),
    ),
  }),
});

export interface FuzzReport {
  /** Everything that was sent, with what came back. */
  readonly exchanges: readonly { readonly request: string; readonly answer: Answer }[];
  /** 0 when the checks of its own hold: no server error, and nothing accepted that the description forbids. */
  readonly code: number;
  readonly said: string;
}

/** @returns the program, installed at the first time. @throws Error saying what to do when it cannot be */
export async function schemathesis(): Promise<string> {
  const bin = await installed(SCHEMATHESIS, {
    env: process.env,
    folder: join(__dirname, '../../.fairlead'),
    onInstall: () => process.stderr.write('Installing schemathesis into .fairlead/fuzz-venv, once.\n'),
  });
  return join(bin, 'schemathesis');
}

/** Requests made from an OpenAPI description, right ones and wrong ones. @param folder for its report */
export async function fuzz(program: string, description: string, folder: string): Promise<FuzzReport> {
  const report = join(folder, 'fuzz.har');
  const { code, stdout, stderr } = await run(
    program,
    [
      'run',
      description,
      '--checks=not_a_server_error,negative_data_rejection',
      '--phases=examples,coverage,fuzzing',
      '--mode=all',
      `--max-examples=${EXAMPLES}`,
      `--seed=${SEED}`,
      '--generation-database=none',
      '--generation-allow-x00=true',
      '--continue-on-failure',
      '--no-shrink',
      '--no-color',
      '--warnings=off',
      '--request-timeout=5',
      '--output-sanitize=false',
      '--report=har',
      `--report-har-path=${report}`,
    ],
    { cwd: folder, env: process.env, signal: AbortSignal.timeout(RUN_MS), graceMs: 1_000 },
  );
  const said = `${stdout.toString('utf8')}${stderr}`;
  // 2 is wrong use, such as a description that cannot be read: then nothing was sent.
  if (code > 1) throw new Error(`schemathesis failed (exit ${code}):\n${said}`);
  const { entries } = har.parse(JSON.parse(readFileSync(report, 'utf8'))).log;
  return {
    code,
    said,
    exchanges: entries.map(({ request, response }) => ({
      request: `${request.method} ${request.url}`,
      answer: {
        status: response.status,
        headers: new Map(response.headers.map(({ name, value }) => [name.toLowerCase(), value])),
        body: decoded(response.content),
        method: request.method,
      },
    })),
  };
}

function decoded({
  text,
  encoding,
}: {
  text?: string | null | undefined;
  encoding?: string | null | undefined;
}): string {
  return Buffer.from(text ?? '', encoding === 'base64' ? 'base64' : 'utf8').toString('utf8');
}
