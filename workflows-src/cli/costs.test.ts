import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import type { EnvironmentCosts } from '../costs/report';
import { costsCommand } from './costs';
import { costFindings } from './doctor';

const ROOT = resolve(__dirname, '../..');
const FILE = 'docs/costs.md';

describe('npm run costs', () => {
  let folder: string;
  let out: string;
  const run = (...argv: string[]): Promise<number> => {
    out = '';
    return costsCommand(argv, {
      cwd: folder,
      env: process.env,
      out: (text) => void (out += text),
      err: (text) => void (out += text),
    });
  };
  /** A project whose stacks have been synthesized already. */
  const synthesized = (stacks: Readonly<Record<string, object>>): void => {
    const entries = Object.entries(stacks).map(([id, resource]) => {
      const at = join(folder, 'synthesized', 'stacks', id);
      mkdirSync(at, { recursive: true });
      const backend = { s3: { bucket: 'states', key: id, region: 'eu-west-1' } };
      writeFileSync(
        join(at, 'cdk.tf.json'),
        JSON.stringify({ terraform: { backend }, provider: { aws: [{ region: 'eu-west-1' }] }, resource }),
      );
      const path = `stacks/${id}`;
      return [id, { workingDirectory: path, synthesizedStackPath: `${path}/cdk.tf.json`, dependencies: [] }];
    });
    const manifest = { stacks: Object.fromEntries(entries) as unknown };
    writeFileSync(join(folder, 'synthesized', 'manifest.json'), JSON.stringify(manifest));
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'costs-'));
    mkdirSync(join(folder, 'services'));
    writeFileSync(join(folder, 'cdktf.json'), JSON.stringify({ app: 'cp -r synthesized/. "$CDKTF_OUTDIR"' }));
    synthesized({ registry: { aws_kms_key: { key: {} } }, 'dev-network': { aws_nat_gateway: { nat: {} } } });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes the tables once, and nothing the second time', async () => {
    expect([await run(), out]).toEqual([0, `wrote ${FILE}\n`]);
    expect([await run(), out]).toEqual([0, '']);
    expect([await run('--check'), out]).toEqual([0, '']);
    const text = readFileSync(join(folder, FILE), 'utf8');
    expect(text).toContain('| [dev](#dev)       |       35.04 |   150.00 |\n');
    expect(text).toContain('| [shared](#shared) |        1.00 |          |\n');
    expect(text).not.toContain(folder);
  });

  it('--check fails when the file is missing, was touched, or the stacks cost something else, and writes nothing', async () => {
    const stale = `${FILE} is stale: run 'npm run costs' and commit the result\n`;
    expect([await run('--check'), out]).toEqual([1, stale.replace('stale', 'missing')]);
    await run();
    appendFileSync(join(folder, FILE), ' ');
    const touched = readFileSync(join(folder, FILE), 'utf8');
    expect([await run('--check'), out]).toEqual([1, stale]);
    expect(readFileSync(join(folder, FILE), 'utf8')).toBe(touched);

    await run();
    synthesized({ 'dev-network': { aws_nat_gateway: { nat: {}, second: {} } } });
    expect([await run('--check'), out]).toEqual([1, stale]);
  });

  it('fails when the stacks cannot be synthesized, with what the app said', async () => {
    writeFileSync(join(folder, 'cdktf.json'), JSON.stringify({ app: 'echo no such stack >&2; exit 3' }));
    await expect(run()).rejects.toThrow('synth failed (exit 3)\nno such stack');
  });

  it('gives the same bytes in another language', async () => {
    await run();
    const script = `
      const { costsCommand } = require(process.argv[1]);
      const io = { cwd: process.cwd(), env: process.env, out() {}, err() {} };
      costsCommand(['--check'], io).then((code) => process.exit(code));`;
    execFileSync(
      process.execPath,
      ['-r', require.resolve('tsx/cjs'), '-e', script, join(ROOT, 'workflows-src/cli/costs.ts')],
      { cwd: folder, env: { ...process.env, LC_ALL: 'de_DE.UTF-8', LANG: 'tr_TR.UTF-8' } },
    );
  });
});

describe('the doctor', () => {
  const finding = (cents: number, unknown: string[] = []) => {
    const environment = { name: 'dev', settings: { budgetUsdPerMonth: 150 }, costs: { cents, unknown } };
    return costFindings({
      environments: [environment as unknown as EnvironmentCosts],
      shared: { stacks: [], costs: { lines: [], cents: 0, unknown: [] } },
    });
  };

  it('says a line an environment', () => {
    expect(finding(12138)).toEqual([{ what: 'dev', said: 'about $121 a month at rest (docs/costs.md)' }]);
    expect(finding(15000)[0]?.remedy).toBeUndefined();
  });

  it('says where the budget is below that, and what has no price', () => {
    expect(finding(123456)).toEqual([
      {
        what: 'dev',
        said: 'about $1,235 a month at rest (docs/costs.md), more than its budget of $150',
        remedy: 'Raise environments.dev.budgetUsdPerMonth in stacks/config.ts, or need less',
      },
    ]);
    expect(finding(100, ['KMS keys (eu-south-2)'])).toEqual([
      {
        what: 'dev',
        said: 'about $1 a month at rest (docs/costs.md), without what has no price: KMS keys (eu-south-2)',
        remedy: 'Put the missing prices into workflows-src/costs/prices.json',
      },
    ]);
  });
});
