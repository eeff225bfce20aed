import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { checkConfig } from '../stacks/check-config';
import { type Config, config as givenConfig, type EnvironmentConfig } from '../stacks/config';
import { synthesize } from '../stacks/main';
import { loadServiceDescriptors } from '../stacks/services';
import { type CostedStack, isKnownType } from '../workflows-src/costs/costs';
import { PRICES } from '../workflows-src/costs/prices';
import { readCostedStacks } from '../workflows-src/costs/read';
import { costReport, type CostReport } from '../workflows-src/costs/report';

const given = checkConfig(givenConfig, loadServiceDescriptors(join(__dirname, '..', 'services')));

function stacksOf(config: Config): readonly CostedStack[] {
  const outdir = mkdtempSync(join(tmpdir(), 'fairlead-costs-'));
  try {
    synthesize(config, given.services, outdir);
    return readCostedStacks(outdir);
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** Every environment with some settings changed. */
function withAll(change: (settings: EnvironmentConfig) => Partial<EnvironmentConfig>): Config {
  const environments = Object.entries(given.config.environments).map(([name, settings]) => [
    name,
    { ...settings, ...change(settings) },
  ]);
  return { ...given.config, environments: Object.fromEntries(environments) as Config['environments'] };
}

const stacks = stacksOf(given.config);
const report = costReport(stacks, given.config, PRICES);

test.each(report.environments.map((environment) => [environment.name, environment] as const))(
  '%s costs something, and all of it is known',
  (_, { costs, variants }) => {
    expect(costs.unknown).toEqual([]);
    expect(costs.cents).toBeGreaterThan(5000);
    expect(variants.flatMap((variant) => variant.costs.unknown)).toEqual([]);
  },
);

test('somebody has thought about what each type of resource costs: priced, paid by use or free (workflows-src/costs/costs.ts)', () => {
  const types = new Set(stacks.flatMap(({ resources }) => Object.keys(resources)));
  expect([...types].filter((type) => type.startsWith('aws_') && !isKnownType(type))).toEqual([]);
  expect(report.shared.costs.unknown).toEqual([]);
});

/** What the stacks would cost with a setting, said by the table and by a synthesis with that setting. */
const said = ({ environments }: CostReport, setting: string) =>
  environments.map(({ name, variants }) => [name, variants.find((one) => one.setting === setting)?.costs]);
const synthesized = (config: Config) =>
  costReport(stacksOf(config), config, PRICES).environments.map(({ name, costs }) => [name, costs]);

test.each(['none', 'single', 'perZone'] as const)(
  'what the table says of nat: %s is what a synthesis with it costs',
  (nat) => {
    expect(said(report, `nat: ${nat}`)).toEqual(synthesized(withAll(() => ({ nat }))));
  },
);

test.each([false, true])(
  'what the table says of multiAz: %s is what a synthesis with it costs',
  (multiAz) => {
    const config = withAll(({ database }) => ({
      database: database === 'none' ? database : { ...database, multiAz },
    }));
    expect(said(report, `multiAz: ${multiAz}`)).toEqual(synthesized(config));
  },
);

test('what the table says of one more instance is what a synthesis with it costs', () => {
  const more = withAll(({ cluster }) => ({
    cluster: { ...cluster, minInstances: cluster.minInstances + 1 },
  }));
  const last = report.environments.map(({ name, variants }) => [name, variants.at(-1)?.costs]);
  expect(last).toEqual(synthesized(more));
});

test('without NAT, the table says what a gateway in place of the endpoints costs', () => {
  const without = withAll(() => ({ nat: 'none' }));
  const changed = costReport(stacksOf(without), without, PRICES);
  expect(said(changed, 'nat: perZone')).toEqual(said(report, 'nat: perZone'));
});
