import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';

import { actionBundles, check, commandBundle } from './build';
import { mend, type Files } from './model/generated-files';

const root = resolve(__dirname, '..');

let folder: string;
let bundles: Files;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bundles-'));
  bundles = await actionBundles(root);
  mend(
    folder,
    bundles,
    [...bundles.keys()].map((path) => ({ path, is: 'missing' })),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the bundles of the actions', () => {
  it('are the same bytes when built again, below a megabyte, and say nothing of this checkout', async () => {
    const again = await actionBundles(root);
    for (const [path, content] of bundles) {
      expect(Buffer.from(again.get(path) ?? '').equals(Buffer.from(content))).toBe(true);
      expect(Buffer.byteLength(content)).toBeLessThan(1_000_000);
      expect(Buffer.from(content).includes(root)).toBe(false);
    }
  });

  it('name the licence of every package inside', () => {
    const licences = String(bundles.get('.github/actions/plan-comment/dist/licenses.txt'));
    expect(licences).toContain('@actions/github 7.0.0 (MIT)');
    expect(licences).toContain('zod 4.6.7 (MIT)');
    const reviews = String(bundles.get('.github/actions/find-reviews/dist/licenses.txt'));
    expect(reviews).toContain('fflate 0.8.3 (MIT)');
  });

  it('--check names a bundle that changed by one character, and a file that does not belong there', () => {
    const lines: string[] = [];
    expect(check(folder, bundles, (line) => lines.push(line))).toBe(0);
    const path = '.github/actions/plan-comment/dist/index.js';
    appendFileSync(join(folder, path), ' ');
    writeFileSync(join(folder, '.github/actions/plan-comment/dist/other.js'), '');
    expect(check(folder, bundles, (line) => lines.push(line))).toBe(1);
    expect(lines).toEqual([
      `${path} is stale: run 'npm run build' and commit the result`,
      ".github/actions/plan-comment/dist/other.js is no longer generated: run 'npm run build' and commit the result",
    ]);
    writeFileSync(join(folder, path), bundles.get(path) ?? '');
  });
});

describe('the bundle of all commands', () => {
  it('has the AWS SDK at hand when a command asks for it, and names its licence', async () => {
    const files = await commandBundle(root);
    expect(String(files.get('dist/licenses.txt'))).toContain('@aws-sdk/client-s3 3.1175.0 (Apache-2.0)');
    const bundle = join(folder, 'fairlead.js');
    writeFileSync(bundle, files.get('dist/fairlead.js') ?? '');
    const child = spawn(process.execPath, [bundle, 'apply', 'dev', '--last-applied', join(folder, 'last')], {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        // Nothing listens there.
        AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
        AWS_MAX_ATTEMPTS: '1',
      },
    });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(said).toMatch(/s3:\/\/\S+\.applied cannot be read: .*ECONNREFUSED/);
    expect(code).toBe(1);
  });
});

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** Runs a bundle as a step of a workflow does. */
async function runBundle(action: string, env: Record<string, string>): Promise<Ran> {
  const child = spawn(process.execPath, [join(folder, `.github/actions/${action}/dist/index.js`)], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  return { code: code as number | null, output };
}

/** A file in the folder, empty, as the runner makes them for outputs and summaries. */
function runnerFile(name: string, content = ''): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** What it does against a GitHub that answers is in rehearsal/github. */
describe('the plan-comment bundle', () => {
  let server: Server;
  let env: Record<string, string>;
  beforeEach(async () => {
    server = createServer((request, response) => {
      const body = JSON.stringify({ message: `Resource not accessible: ${request.method} ${request.url}` });
      response.writeHead(403, { 'content-type': 'application/json' }).end(body);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const event = { pull_request: { number: 5, head: { sha: 'a'.repeat(40) } } };
    env = {
      GITHUB_API_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      GITHUB_REPOSITORY: 'o/r',
      GITHUB_RUN_ID: '77',
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_EVENT_PATH: runnerFile('event.json', JSON.stringify(event)),
      GITHUB_OUTPUT: runnerFile('output'),
      GITHUB_STEP_SUMMARY: runnerFile('summary'),
      INPUT_PHASE: 'report',
      INPUT_STACKS: '["dev-network"]',
      INPUT_REMOVED: '[]',
      INPUT_FOLDER: 'plans',
      INPUT_SEAL: 'review.json',
      INPUT_AUTHOR: 'github-actions[bot]',
      INPUT_TOKEN: 'a-token',
    };
  });
  afterEach(() => void server.close());

  it.each<[string, Record<string, string>, string]>([
    ['GitHub refuses', {}, 'Resource not accessible'],
    ['the event has no pull request', { GITHUB_EVENT_PATH: '' }, 'has no pull request'],
    ['an input is missing', { INPUT_PHASE: '' }, 'required input without a value: phase'],
    ['the phase is none', { INPUT_PHASE: 'end' }, "phase: got 'end'; valid values: begin, report"],
    ['the stacks are no list', { INPUT_STACKS: '{"a":1}' }, 'stacks: got'],
    ['there is no token', { INPUT_TOKEN: '' }, 'token: got nothing'],
  ])('fails the job when %s', async (_what, change, message) => {
    const { code, output } = await runBundle('plan-comment', { ...env, ...change });
    expect(output).toContain('::error::');
    expect(output).toContain(message);
    expect(code).toBe(1);
  });
});

describe('the changed-services bundle', () => {
  it('fails the job where there is no repository', async () => {
    const env = { INPUT_SERVICES: 'api', INPUT_BEFORE: 'a'.repeat(40), INPUT_AFTER: 'b'.repeat(40) };
    const { code, output } = await runBundle('changed-services', env);
    expect(code).toBe(1);
    expect(output).toContain('not a git repository');
  });
});
