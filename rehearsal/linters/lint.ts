import { spawnSync } from 'node:child_process';

import * as z from 'zod';

import type { Linters } from './tools';

/** What a linter has to say. */
export interface Finding {
  /** As it was given to the linter. */
  readonly file: string;
  /** The linter's name, and its name for the rule: `zizmor unpinned-uses`. ShellCheck's own number where it has one. */
  readonly rule: string;
  readonly message: string;
}

interface Where {
  /** What paths start from, and where the linter's settings lie. */
  readonly cwd: string;
}

/** @param shellcheck what it asks about every script; @default none */
export function actionlint(
  { actionlint: program }: Linters,
  files: readonly string[],
  { cwd, shellcheck = '', config }: Where & { readonly shellcheck?: string; readonly config?: string },
): Finding[] {
  const settings = config === undefined ? [] : ['-config-file', config];
  const said = output(
    program,
    ['-format', '{{json .}}', '-shellcheck', shellcheck, '-pyflakes', '', ...settings, ...files],
    { cwd, fine: [0, 1] },
  );
  return z
    .array(z.object({ filepath: z.string(), kind: z.string(), message: z.string() }))
    .parse(JSON.parse(said))
    .map(({ filepath, kind, message }) => ({
      file: filepath,
      rule: `actionlint ${/SC\d+/.exec(kind === 'shellcheck' ? message : '')?.[0] ?? kind}`,
      message,
    }));
}

/** As its strictest persona, and without asking the network. @param paths files or folders */
export function zizmor({ zizmor: program }: Linters, paths: readonly string[], { cwd }: Where): Finding[] {
  const args = [
    '--offline',
    '--persona=auditor',
    '--no-progress',
    '--quiet',
    '--no-exit-codes',
    '--format=json-v1',
  ];
  const said = output(program, [...args, ...paths], { cwd, fine: [0] });
  const location = z.object({
    symbolic: z.object({ key: z.object({ Local: z.object({ verbatim_path: z.string() }) }) }),
  });
  return z
    .array(z.object({ ident: z.string(), desc: z.string(), locations: z.array(location).min(1) }))
    .parse(JSON.parse(said))
    .map(({ ident, desc, locations }) => ({
      file: locations[0]?.symbolic.key.Local.verbatim_path ?? '',
      rule: `zizmor ${ident}`,
      message: desc,
    }));
}

export function hadolint(
  { hadolint: program }: Linters,
  files: readonly string[],
  { cwd }: Where,
): Finding[] {
  const said = output(program, ['--format', 'json', ...files], { cwd, fine: [0, 1] });
  return commentsOf(said).map(({ file, code, message }) => ({ file, rule: `hadolint ${code}`, message }));
}

/** @param files scripts for bash */
export function shellcheck(
  { shellcheck: program }: Linters,
  files: readonly string[],
  { cwd }: Where,
): Finding[] {
  const said = output(program, ['--norc', '--shell=bash', '--format=json', ...files], { cwd, fine: [0, 1] });
  return commentsOf(said).map(({ file, code, message }) => ({ file, rule: `shellcheck SC${code}`, message }));
}

function commentsOf(said: string): { file: string; code: string | number; message: string }[] {
  return z
    .array(z.object({ file: z.string(), code: z.union([z.string(), z.number()]), message: z.string() }))
    .parse(JSON.parse(said));
}

/** @throws Error when it ends with another code than the fine ones: then it has judged nothing */
function output(
  program: string,
  args: readonly string[],
  { cwd, fine }: { readonly cwd: string; readonly fine: readonly number[] },
): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (error) throw error;
  if (!fine.includes(status ?? -1)) throw new Error(`${program}: exit ${status}\n${stderr}${stdout}`);
  return stdout;
}
