import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { format, resolveConfig } from 'prettier';
import * as z from 'zod';

import { run } from '../../workflows-src/terraform/process';

/**
 * Makes `openapi.json`: of GitHub's published description (npm's `@octokit/openapi`) the operations that the fake
 * answers, and the components that they refer to. By hand, when an operation is added or GitHub publishes anew:
 *
 *     node -r tsx/cjs rehearsal/github/extract-openapi.ts
 */

const PACKAGE = '@octokit/openapi@23.0.2';

/** The description that is not bound to a version is that of the API's default version. */
const API_VERSION = '2022-11-28';
const MEMBER = 'package/generated/api.github.com.json';

const HERE = '/repos/{owner}/{repo}';
const OPERATIONS: Readonly<Record<string, readonly Method[]>> = {
  [HERE]: ['get'],
  [`${HERE}/pulls`]: ['get'],
  [`${HERE}/pulls/{pull_number}`]: ['get'],
  [`${HERE}/compare/{basehead}`]: ['get'],
  [`${HERE}/issues/{issue_number}/comments`]: ['get', 'post'],
  [`${HERE}/issues/comments/{comment_id}`]: ['patch'],
  [`${HERE}/commits/{ref}/status`]: ['get'],
  [`${HERE}/statuses/{sha}`]: ['post'],
  [`${HERE}/actions/workflows/{workflow_id}/runs`]: ['get'],
  [`${HERE}/actions/runs/{run_id}/artifacts`]: ['get'],
  [`${HERE}/actions/artifacts/{artifact_id}/{archive_format}`]: ['get'],
  [`${HERE}/attestations`]: ['post'],
  [`${HERE}/attestations/{subject_digest}`]: ['get'],
  [`${HERE}/issues`]: ['get', 'post'],
  [`${HERE}/issues/{issue_number}`]: ['patch'],
  [`${HERE}/git/matching-refs/{ref}`]: ['get'],
  [`${HERE}/git/tags/{tag_sha}`]: ['get'],
  [`${HERE}/releases/tags/{tag}`]: ['get'],
  [`${HERE}/contents/{path}`]: ['get'],
};

/** What validates nothing: it is most of the text. */
const PROSE = new Set([
  'description',
  'summary',
  'title',
  'example',
  'examples',
  'externalDocs',
  'tags',
  'deprecated',
  'x-github',
]);

type Method = 'get' | 'post' | 'patch';
const source = z.object({
  openapi: z.string(),
  info: z.looseObject({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), z.unknown())),
  components: z.record(z.string(), z.record(z.string(), z.unknown())),
});

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-openapi-'));
  try {
    const archive = (await ran('npm', ['pack', PACKAGE, '--silent'], folder)).trim();
    await ran('tar', ['-xzf', archive, MEMBER], folder);
    const description = source.parse(JSON.parse(readFileSync(join(folder, MEMBER), 'utf8')));
    const file = join(__dirname, 'openapi.json');
    const text = JSON.stringify(extract(description));
    writeFileSync(file, await format(text, { ...(await resolveConfig(file)), parser: 'json' }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @throws Error naming an operation or component that GitHub does not describe */
function extract(description: z.infer<typeof source>): object {
  const paths = Object.fromEntries(
    Object.entries(OPERATIONS).map(([path, methods]) => [
      path,
      Object.fromEntries(
        methods.map((method) => [method, withoutProse(must(description.paths[path]?.[method], path))]),
      ),
    ]),
  );
  const components: Record<string, Record<string, unknown>> = {};
  const pending: unknown[] = [paths];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const reference of referencesIn(next)) {
      const [, , kind = '', name = ''] = reference.split('/');
      const group = (components[kind] ??= {});
      if (name in group) continue;
      group[name] = withoutProse(must(description.components[kind]?.[name], reference));
      pending.push(group[name]);
    }
  }
  return {
    openapi: description.openapi,
    info: {
      title: 'Extract of the description of the GitHub REST API',
      version: description.info.version,
      'x-package': PACKAGE,
      'x-api-version': API_VERSION,
    },
    paths,
    components: sorted(
      Object.entries(components).map(([kind, group]) => [kind, sorted(Object.entries(group))]),
    ),
  };
}

function must(value: unknown, name: string): unknown {
  if (value === undefined) throw new Error(`${name}: ${PACKAGE} does not describe it`);
  return value;
}

/** @param isNames whether the keys are names of properties, of which any may be called as a keyword is */
function withoutProse(value: unknown, isNames = false): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutProse(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => isNames || !PROSE.has(key))
      .map(([key, member]) => [key, withoutProse(member, !isNames && key === 'properties')]),
  );
}

function* referencesIn(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === '$ref' && typeof member === 'string') yield member;
    else yield* referencesIn(member);
  }
}

function sorted(entries: [string, unknown][]): object {
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function ran(file: string, args: readonly string[], cwd: string): Promise<string> {
  const { code, stdout, stderr } = await run(file, args, { cwd });
  if (code !== 0) throw new Error(`${file} ${args.join(' ')}: exit code ${code}: ${stderr}`);
  return stdout.toString('utf8');
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
