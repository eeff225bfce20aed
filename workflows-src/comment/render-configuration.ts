import type { ResourceChange } from '../changes/change-set';
import type { ConfigurationChange } from '../review/configuration-diff';
import { diffLines } from './diff-lines';
import { bytes, plural } from './markdown';
import { fitSections, type Group, type Item, type Section } from './sections';
import { changeLine, kindOfThing, stackNames, stackName, stackTitle } from './words';

/** What became of a stack's configuration. */
export interface ConfigurationResult {
  readonly stack: string;
  readonly changes: readonly ConfigurationChange[];
}

/**
 * The preview of a pull request that gets no plan: which stacks it affects, and how their configuration differs. Said
 * without credentials, so it tells what is asked of Terraform, not what Terraform would do.
 * @param removed stacks that are not configured any more
 * @param budget in bytes of UTF-8
 */
export function renderPreview(
  results: readonly ConfigurationResult[],
  removed: readonly string[],
  budget: number,
): string {
  const gone =
    removed.length === 0
      ? []
      : [
          `Not configured any more: ${stackNames(removed.map(stackName))}. Nothing destroys what they hold, and nothing manages it.`,
        ];
  if (results.length === 0) {
    const title = removed.length === 0 ? 'no stack is affected' : 'no stack that stays is affected';
    return `${[`## Preview: ${title}`, ...gone].join('\n\n')}\n`;
  }
  const differing = results.filter(({ changes }) => changes.length > 0);
  const others = results.filter(({ changes }) => changes.length === 0).map(({ stack }) => stackName(stack));
  const head = [
    `## Preview: ${plural(results.length, 'stack')} affected`,
    'How the configuration differs. There is no plan: that takes credentials.',
    ...(others.length === 0
      ? []
      : [
          `Without a difference of their own: ${stackNames(others)}. They read from a stack that differs, get another image, or are made with other packages.`,
        ]),
    ...gone,
  ].join('\n\n');
  const sections = differing.map(({ stack, changes }): Section => ({
    summary: `${stackTitle(stack)}: ${plural(changes.length, 'block')}`,
    open: differing.length <= MOST_OPEN,
    groups: configurationGroups(changes),
  }));
  const details = fitSections(sections, budget - bytes(head) - 3).markdown;
  return `${[head, details].filter((part) => part !== '').join('\n\n')}\n`;
}

const MOST_OPEN = 2;

/** The blocks that go, change and come. */
export function configurationGroups(changes: readonly ConfigurationChange[]): readonly Group[] {
  const groups = [
    group('Not configured any more', '-', 0, changes, 'delete'),
    group('Configured otherwise', '!', 2, changes, 'update'),
    group('Newly configured', '+', 4, changes, 'create'),
  ];
  return groups.map((one, rank) => ({ ...one, rank })).filter(({ items }) => items.length > 0);
}

function group(
  title: string,
  symbol: string,
  importance: number,
  changes: readonly ConfigurationChange[],
  action: ConfigurationChange['action'],
): Group {
  const items = changes
    .filter((change) => change.action === action)
    .map((change): Item => {
      const resource = asResource(change);
      return {
        head: () => changeLine(symbol, resource),
        kind: kindOfThing(resource),
        diff: () => diffLines(action, change.attributes),
        importance,
      };
    });
  return { title, rank: 0, language: 'diff', items, ...(action === 'create' && { folds: true }) };
}

function asResource({ address, action, attributes }: ConfigurationChange): ResourceChange {
  return {
    address,
    action,
    attributes,
    type: address.slice(0, address.lastIndexOf('.')) || address,
    mode: 'managed',
    reason: '',
    replacePaths: [],
    importing: false,
  };
}
