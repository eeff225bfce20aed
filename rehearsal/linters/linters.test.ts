import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

import { parse } from 'yaml';

import { type Defect, DEFECTS } from './defects';
import { actionlint, type Finding, hadolint, shellcheck, zizmor } from './lint';
import { findLinters, type Linters } from './tools';

const ROOT = join(__dirname, '../..');
const WORKFLOWS = '.github/workflows';
const ACTIONS = '.github/actions';
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');
const workflows = readdirSync(join(ROOT, WORKFLOWS)).map((name) => `${WORKFLOWS}/${name}`);
const dockerfiles = readdirSync(join(ROOT, 'services'))
  .map((name) => `services/${name}/Dockerfile`)
  .filter((file) => existsSync(join(ROOT, file)));

/** Every script of every workflow, with the place where it stands. */
const scripts = workflows.flatMap((file) => {
  const { jobs } = parse(read(file)) as {
    jobs: Record<string, { steps?: { name: string; run?: string }[] }>;
  };
  return Object.entries(jobs).flatMap(([id, { steps = [] }]) =>
    steps.flatMap(({ name, run }) => (run === undefined ? [] : [{ place: `${file} ${id} ${name}`, run }])),
  );
});

let linters: Linters | undefined;
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-linters-'));
  try {
    linters = await findLinters(process.env);
  } catch (error) {
    if (process.env.CI) throw error;
    process.stderr.write(`\nTHE LINTERS DO NOT RUN: ${(error as Error).message}\n\n`);
  }
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A test that is given the linters, and is nothing where there are none: that has been said. */
function withLinters(name: string, body: (linters: Linters) => void): void {
  test(
    name,
    () => {
      if (linters) body(linters);
    },
    120_000,
  );
}

/** ShellCheck, which also leaves a line for every script that it is asked about. */
function countingShellcheck({ shellcheck: program }: Linters): { program: string; asked: () => number } {
  const [file, log] = [join(folder, 'shellcheck'), join(folder, 'asked')];
  writeFileSync(file, `#!/bin/sh\necho >> '${log}'\nexec '${program}' "$@"\n`);
  chmodSync(file, 0o755);
  writeFileSync(log, '');
  return { program: file, asked: () => readFileSync(log, 'utf8').length };
}

describe('what is committed', () => {
  withLinters('actionlint has nothing to say, and has asked shellcheck about every script', (found) => {
    const { program, asked } = countingShellcheck(found);
    expect(actionlint(found, workflows, { cwd: ROOT, shellcheck: program })).toEqual([]);
    expect(scripts.length).toBeGreaterThan(50);
    expect(asked()).toBe(scripts.length);
  });

  withLinters('is forgiven nothing by actionlint but the one key that it does not know yet', (found) => {
    const config = join(folder, 'nothing.yaml');
    writeFileSync(config, '');
    const said = actionlint(found, workflows, { cwd: ROOT, config });
    const unknown = said.filter(
      ({ rule, message }) =>
        rule === 'actionlint syntax-check' &&
        /^unexpected key "queue" for "concurrency" section/.test(message),
    );
    expect(said).toEqual(unknown);
    expect(said).toHaveLength(
      workflows
        .map(read)
        .join('')
        .split(/^ +queue: max$/m).length - 1,
    );
    expect(parse(read('.github/actionlint.yaml'))).toEqual({
      paths: {
        [`${WORKFLOWS}/{apply,rollback}.yml`]: {
          ignore: ['unexpected key "queue" for "concurrency" section'],
        },
      },
    });
  });

  withLinters(
    'shellcheck has nothing to say of any script, with every rule on that actionlint turns off',
    (found) => {
      const files = scripts.map(({ run }, index) => {
        writeFileSync(join(folder, `${index}.sh`), `${run}\n`);
        return `${index}.sh`;
      });
      const said = shellcheck(found, files, { cwd: folder });
      expect(said.map(({ file, ...rest }) => ({ ...rest, place: scripts[parseInt(file)]?.place }))).toEqual(
        [],
      );
    },
  );

  withLinters('zizmor has nothing to say as its strictest persona', (found) => {
    expect(zizmor(found, ['.github'], { cwd: ROOT })).toEqual([]);
  });

  withLinters('hadolint has nothing to say', (found) => {
    expect(hadolint(found, dockerfiles, { cwd: ROOT })).toEqual([]);
  });

  test('no linter is told to look away', () => {
    const actions = readdirSync(join(ROOT, ACTIONS)).map((name) => `${ACTIONS}/${name}/action.yml`);
    for (const file of [...workflows, ...actions, ...dockerfiles])
      expect([
        file,
        /zizmor: *ignore|shellcheck +disable|hadolint +(global +)?ignore/i.exec(read(file))?.[0],
      ]).toEqual([file, undefined]);
    const settings = ['zizmor.yml', 'zizmor.yaml', '.hadolint.yaml', '.hadolint.yml', '.shellcheckrc'];
    expect(
      settings.flatMap((name) => [name, `.github/${name}`]).filter((file) => existsSync(join(ROOT, file))),
    ).toEqual([]);
  });
});

describe('a mistake in one of them', () => {
  let said: readonly Finding[] = [];
  const copyOf = (index: number): string => join(folder, String(index), DEFECTS[index]?.file ?? '');

  beforeAll(() => {
    if (!linters) return;
    DEFECTS.forEach((defect, index) => {
      mkdirSync(dirname(copyOf(index)), { recursive: true });
      writeFileSync(copyOf(index), seeded(defect));
    });
    for (const file of [...workflows, ...dockerfiles]) {
      mkdirSync(dirname(join(folder, 'clean', file)), { recursive: true });
      writeFileSync(join(folder, 'clean', file), read(file));
    }
    const clean = [...workflows, ...dockerfiles].map((file) => join(folder, 'clean', file));
    const files = [...clean, ...DEFECTS.map((_, index) => copyOf(index))];
    const [ours, docker] = [
      files.filter((file) => file.endsWith('.yml')),
      files.filter((file) => basename(file) === 'Dockerfile'),
    ];
    said = [
      ...actionlint(linters, ours, { cwd: folder, shellcheck: linters.shellcheck }),
      ...zizmor(linters, ours, { cwd: folder }),
      ...hadolint(linters, docker, { cwd: folder }),
    ].filter(({ message }) => !message.startsWith('unexpected key "queue"'));
  }, 120_000);

  test('nothing is found in copies without one', () => {
    expect(said.filter(({ file }) => file.includes('clean/'))).toEqual([]);
  });

  test.each(DEFECTS.map((defect, index) => [defect.name, defect.rule, index] as const))(
    '%s: %s',
    (_name, rule, index) => {
      if (!linters) return;
      const rules = said
        .filter(({ file }) => copyOf(index).endsWith(file.replace(/^(\.\.\/)+/, '')))
        .map((one) => one.rule);
      expect(rules).toContain(rule);
    },
  );
});

/** @throws Error when there is nothing to replace: the table must follow the workflows */
function seeded({ file, find, replace, name }: Defect): string {
  const text = read(file);
  const wrong = find === undefined ? `${text}${replace}` : text.replace(find, replace);
  if (wrong === text) throw new Error(`${file}: has no ${String(find)} to seed '${name}' in`);
  return wrong;
}
