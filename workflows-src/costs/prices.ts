import file from './prices.json';

/** What one unit costs. */
export interface Price {
  readonly usd: number;
  readonly per: 'hour' | 'month';
  /** The day on which it was read, `YYYY-MM-DD`: at AWS by the source where it says so; of a bill, its month's last. */
  readonly asOf: string;
  /** One of the price file's sources. `memory`: nobody has looked it up. */
  readonly source: string;
}

/** `prices.json`: prices by name, in lists that have their regions, their day and their source in common. */
export interface PriceFile {
  /** The day on which the file was put together, `YYYY-MM-DD`. */
  readonly compiled: string;
  readonly terms: string;
  readonly sources: Readonly<Record<string, string>>;
  readonly lists: readonly PriceList[];
}

interface PriceList extends Omit<Price, 'usd'> {
  readonly regions: readonly string[];
  readonly usd: Readonly<Record<string, number>>;
}

export interface Prices {
  readonly compiled: string;
  readonly terms: string;
  readonly sources: Readonly<Record<string, string>>;
  /** Undefined: nobody has said what that costs there, which is not nothing. */
  find(region: string, name: string): Price | undefined;
}

/** @throws Error naming a price that is there twice, is no price, or has a source that the file does not explain */
export function pricesOf({ compiled, terms, sources, lists }: PriceFile): Prices {
  const found = new Map<string, Price>();
  for (const { regions, usd, ...rest } of lists) {
    if (!Object.hasOwn(sources, rest.source)) throw new Error(`prices: no source '${rest.source}'`);
    for (const region of regions) {
      for (const [name, amount] of Object.entries(usd)) {
        const key = `${region} ${name}`;
        if (found.has(key)) throw new Error(`prices: '${name}' has two prices in ${region}`);
        if (!(amount > 0)) throw new Error(`prices: '${name}' costs ${amount} in ${region}`);
        found.set(key, { usd: amount, ...rest });
      }
    }
  }
  return { compiled, terms, sources, find: (region, name) => found.get(`${region} ${name}`) };
}

export const PRICES: Prices = pricesOf(file as unknown as PriceFile);
