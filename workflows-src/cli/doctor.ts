import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { findK6 } from '../../loadtests/command';
import { checkConfig, ConfigError } from '../../stacks/check-config';
import { type Config, config as givenConfig } from '../../stacks/config';
import { loadServiceDescriptors } from '../../stacks/services';
import { COSTS_FILE, wholeDollars } from '../costs/render';
import type { CostReport } from '../costs/report';
import { findTerraform } from '../terraform/binary';
import { needEngine } from '../image/engine';
import { CannotStart, run } from '../terraform/process';
import { currentCosts } from './costs';
import { pinFindings } from './doctor-pins';
import type { CommandIo } from './io';

const HELP = `usage: npm run doctor

Says which tools are here, which are missing and how to get each, what in stacks/config.ts is still a placeholder, how old the
pinned actions are and, where GitHub answers, which are behind a major, and what each environment costs a month while nobody
uses it.

Exit codes: 0 nothing is missing; 1 something is, the configuration has mistakes, or a budget is below the cost.
`;

export interface Finding {
  readonly what: string;
  /** Undefined: it is here, as said. */
  readonly remedy?: string;
  readonly said: string;
}

export async function doctorCommand(argv: readonly string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options: { help: { type: 'boolean', short: 'h' } } });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  const findings = [
    ...(await tools(io)),
    ...configuration(io),
    ...(await pinFindings(io)),
    ...(await costs(io)),
  ];
  for (const { what, said, remedy } of findings)
    io.out(
      `${remedy === undefined ? 'ok   ' : 'to do'}  ${what}: ${said}${remedy === undefined ? '' : `. ${remedy}`}\n`,
    );
  return findings.every(({ remedy }) => remedy === undefined) ? 0 : 1;
}

async function tools(io: CommandIo): Promise<readonly Finding[]> {
  const terraform: Finding = await findTerraform(io.env, io.signal).then(
    ({ product, version }) => ({ what: 'terraform', said: `${product} ${version}` }),
    (error: unknown) => ({
      what: 'terraform',
      said: (error as Error).message,
      remedy: 'Plans, applies and the rehearsal need it',
    }),
  );
  return [
    terraform,
    await tool(
      io,
      'python3',
      ['-c', 'import sys; print("Python " + sys.version.split()[0]); sys.exit(sys.version_info < (3, 10))'],
      'The rehearsal’s AWS emulator needs Python 3.10+: https://www.python.org/downloads',
    ),
    k6(io),
    await containerEngine(io),
    await tool(io, 'git', ['--version'], 'https://git-scm.com/downloads'),
  ];
}

async function containerEngine({ env, signal }: CommandIo): Promise<Finding> {
  const what = 'container engine';
  try {
    const { name, version } = await needEngine(env, signal);
    return { what, said: `${name} ${version}` };
  } catch (error) {
    if (signal?.aborted) throw error;
    return { what, said: (error as Error).message, remedy: 'npm run image needs it' };
  }
}

function k6({ env, cwd }: CommandIo): Finding {
  try {
    return { what: 'k6', said: findK6({ env, cwd }) };
  } catch (error) {
    return { what: 'k6', said: (error as Error).message, remedy: 'Load tests need it' };
  }
}

async function tool(
  { env, signal }: CommandIo,
  file: string,
  args: readonly string[],
  remedy: string,
): Promise<Finding> {
  try {
    const { code, stdout } = await run(file, args, { env, signal });
    const said = stdout.toString('utf8').trim().split('\n')[0] ?? '';
    return code === 0 ? { what: file, said } : { what: file, said: said || `exit ${code}`, remedy };
  } catch (error) {
    if (!(error instanceof CannotStart)) throw error;
    return { what: file, said: 'not on the PATH', remedy };
  }
}

function configuration(io: CommandIo): readonly Finding[] {
  try {
    return placeholders(checkConfig(givenConfig, loadServiceDescriptors(join(io.cwd, 'services'))).config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => ({ what: 'configuration', said: problem, remedy: 'Correct it' }));
  }
}

/** Values that this repository ships with and that can be nobody's own. */
function placeholders({ github, environments }: Config): readonly Finding[] {
  const checks: readonly (readonly [string, unknown, boolean])[] = [
    ['github.owner', github.owner, github.owner === 'your-organization'],
    ['github.ownerId', github.ownerId, github.ownerId === 1_000_001],
    ['github.repository', github.repository, github.repository === 'your-repository'],
    ['github.repositoryId', github.repositoryId, github.repositoryId === 100_000_001],
    ...Object.entries(environments).flatMap(
      ([name, { account, alarmEmail, domain }]): (readonly [string, unknown, boolean])[] => [
        [`environments.${name}.account`, account, /^(\d)\1{11}$/.test(account)],
        [`environments.${name}.alarmEmail`, alarmEmail, alarmEmail.endsWith('@example.com')],
        ...(domain === 'ephemeral'
          ? []
          : ([[`environments.${name}.domain`, domain.name, domain.name.endsWith('example.com')]] as const)),
      ],
    ),
  ];
  return checks.map(([path, value, isPlaceholder]) => ({
    what: `stacks/config.ts ${path}`,
    said: String(value),
    ...(isPlaceholder && { remedy: 'This is a placeholder: put your own' }),
  }));
}

async function costs(io: CommandIo): Promise<readonly Finding[]> {
  try {
    return costFindings(await currentCosts(io));
  } catch (error) {
    // Its mistakes have been said.
    if (error instanceof ConfigError) return [];
    if (io.signal?.aborted) throw error;
    const [said = ''] = (error as Error).message.split('\n');
    return [{ what: 'costs', said, remedy: 'npm run costs says more' }];
  }
}

/** A line an environment: what it costs at rest, and whether its budget is enough for that. */
export function costFindings({ environments }: CostReport): readonly Finding[] {
  return environments.map(({ name, settings: { budgetUsdPerMonth: budget }, costs: { cents, unknown } }) => {
    const said = `about $${wholeDollars(cents)} a month at rest (${COSTS_FILE})`;
    const beyond = cents > budget * 100;
    const remedies = [
      ...(unknown.length > 0 ? ['Put the missing prices into workflows-src/costs/prices.json'] : []),
      ...(beyond ? [`Raise environments.${name}.budgetUsdPerMonth in stacks/config.ts, or need less`] : []),
    ];
    return {
      what: name,
      said: [
        said,
        ...(unknown.length > 0 ? [`without what has no price: ${unknown.join(', ')}`] : []),
        ...(beyond ? [`more than its budget of $${wholeDollars(budget * 100)}`] : []),
      ].join(', '),
      ...(remedies.length > 0 && { remedy: remedies.join('. ') }),
    };
  });
}
