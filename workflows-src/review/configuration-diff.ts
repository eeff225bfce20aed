import { attributeDiff } from '../changes/attribute-diff';
import type { AttributeChange } from '../changes/change-set';
import { child, isEqual, isObject, type JsonObject } from '../changes/json';
import type { Masking } from '../changes/masking';
import { visible } from '../changes/visible-text';

/** One block of a Terraform configuration that differs. Its texts are masked and cannot act, as those of a change set. */
export interface ConfigurationChange {
  /** `aws_vpc.main`, `data.aws_ami.this`, `output.url`, `provider.aws`, `terraform`. */
  readonly address: string;
  readonly action: 'create' | 'update' | 'delete';
  readonly attributes: readonly AttributeChange[];
}

/**
 * What differs between two configurations in Terraform's JSON syntax, block by block, in the order of addresses. No
 * credentials and no state are needed for it; what it cannot say is what Terraform would do about it.
 * @param before undefined: there was none, and everything is new
 */
export function configurationDiff(
  before: unknown,
  after: unknown,
  masking: Masking,
): readonly ConfigurationChange[] {
  const old = blocksOf(before);
  const now = blocksOf(after);
  return [...new Set([...old.keys(), ...now.keys()])].sort().flatMap((address): ConfigurationChange[] => {
    const was = old.get(address);
    const is = now.get(address);
    if (isEqual(was, is)) return [];
    // Of two states of a block, neither shows what the other hides.
    const isMarked = [was, is].some((block) => child(block, 'sensitive') === true);
    const values = {
      before: was,
      after: is,
      afterUnknown: false,
      beforeSensitive: isMarked && marksOf(address, was),
      afterSensitive: isMarked && marksOf(address, is),
      replacePaths: [],
    };
    return [
      {
        address: visible(masking.name(address)),
        action: was === undefined ? 'create' : is === undefined ? 'delete' : 'update',
        attributes: attributeDiff(values, masking),
      },
    ];
  });
}

/** What of a block that calls itself sensitive is so, as a plan would mark it: a variable's default, an output's value. */
function marksOf(address: string, block: unknown): unknown {
  if (address.startsWith('variable.')) return { default: true };
  return address.startsWith('output.') ? { value: literalsOf(child(block, 'value')) } : false;
}

/** What only refers to something else is no secret, and CDKTF calls everything sensitive that one stack hands to another. */
function literalsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(literalsOf);
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, literalsOf(inner)]));
  return value !== undefined && (typeof value !== 'string' || !REFERENCE.test(value));
}

const REFERENCE = /^\$\{[A-Za-z_][\w.*[\]-]*\}$/;

/** Blocks by address, each without the comment (`//`) that CDKTF writes into it. */
function blocksOf(configuration: unknown): ReadonlyMap<string, unknown> {
  const blocks = new Map<string, unknown>();
  if (!isObject(configuration)) return blocks;
  for (const [kind, content] of Object.entries(configuration)) {
    if (kind === '//') continue;
    if (!isObject(content) || UNNAMED.has(kind)) {
      blocks.set(kind, withoutComment(content));
      continue;
    }
    for (const [name, block] of Object.entries(content)) {
      if (name === '//') continue;
      if (!TYPED.has(kind) || !isObject(block)) {
        blocks.set(`${kind}.${name}`, withoutComment(block));
        continue;
      }
      for (const [label, inner] of Object.entries(block)) {
        if (label === '//') continue;
        const prefix = kind === 'resource' ? '' : `${kind}.`;
        blocks.set(`${prefix}${name}.${label}`, withoutComment(inner));
      }
    }
  }
  return blocks;
}

/** Blocks with a type and a name: https://developer.hashicorp.com/terraform/language/syntax/json#block-type-specific-exceptions */
const TYPED: ReadonlySet<string> = new Set(['resource', 'data', 'ephemeral']);
/** Blocks without a name, or lists of such. */
const UNNAMED: ReadonlySet<string> = new Set(['terraform', 'locals', 'moved', 'import', 'removed']);

/** Further inside, `//` may be the key of a map, such as a tag: that one is a value. */
function withoutComment(block: unknown): unknown {
  if (Array.isArray(block)) return block.map(withoutComment);
  if (!isObject(block)) return block;
  const kept: JsonObject = Object.fromEntries(Object.entries(block).filter(([name]) => name !== '//'));
  return kept;
}
