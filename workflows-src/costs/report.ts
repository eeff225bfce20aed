import type { Config, EnvironmentConfig } from '../../stacks/config';
import { type CostedStack, type Costs, costsOf } from './costs';
import type { Prices } from './prices';
import { type Variant, variantsOf } from './what-if';

export interface EnvironmentCosts {
  readonly name: string;
  readonly settings: EnvironmentConfig;
  readonly costs: Costs;
  readonly variants: readonly Variant[];
}

export interface CostReport {
  readonly environments: readonly EnvironmentCosts[];
  /** What the environments have in common: bootstrap, registry. */
  readonly shared: { readonly stacks: readonly string[]; readonly costs: Costs };
}

/** What the environments of a configuration cost, by the stacks that were synthesized from it. */
export function costReport(stacks: readonly CostedStack[], config: Config, prices: Prices): CostReport {
  const names = Object.keys(config.environments);
  const ownerOf = (id: string): string | undefined => names.find((name) => id.startsWith(`${name}-`));
  const shared = stacks.filter(({ id }) => ownerOf(id) === undefined);
  return {
    environments: Object.entries(config.environments).map(([name, settings]) => {
      const mine = stacks.filter(({ id }) => ownerOf(id) === name);
      return {
        name,
        settings,
        costs: costsOf(mine, prices),
        variants: variantsOf(mine, settings, prices),
      };
    }),
    shared: { stacks: shared.map(({ id }) => id), costs: costsOf(shared, prices) },
  };
}
