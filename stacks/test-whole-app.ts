import type { Resource, StackJson } from './test-json';

/** A resource, and where it stands. */
export interface Placed {
  readonly stack: string;
  /** `stack/type.id` */
  readonly address: string;
  readonly type: string;
  readonly values: Resource;
}

/** For tests: every resource of every stack, and what they refer to, across stacks too. */
export class WholeApp {
  public readonly resources: readonly Placed[];
  private readonly byAddress: ReadonlyMap<string, Placed>;

  public constructor(public readonly stacks: Readonly<Record<string, StackJson>>) {
    this.resources = Object.entries(stacks).flatMap(([stack, { resource }]) =>
      Object.entries(resource ?? {}).flatMap(([type, named]) =>
        Object.entries(named).map(([id, { '//': _notes, ...values }]) => ({
          stack,
          address: `${stack}/${type}.${id}`,
          type,
          values,
        })),
      ),
    );
    this.byAddress = new Map(this.resources.map((placed) => [placed.address, placed]));
  }

  public any(type: string): readonly Placed[] {
    return this.resources.filter((placed) => placed.type === type);
  }

  /** @throws Error when there is none: a rule that is asked of nothing holds nothing */
  public every(type: string): readonly Placed[] {
    const found = this.any(type);
    if (found.length === 0) throw new Error(`there is no ${type} in the app`);
    return found;
  }

  /** The resource that a value refers to, at the end of the chain; undefined where the value is no reference. */
  public target(stack: string, value: unknown): Placed | undefined {
    const output = REMOTE_OUTPUT.exec(String(value));
    if (output) return this.target(output[1]!, this.stacks[output[1]!]?.output[output[2]!]?.value);
    const [, address, attribute] = ATTRIBUTE.exec(String(value)) ?? [];
    const found = this.byAddress.get(`${stack}/${address}`);
    // `aws_s3_bucket_policy.….bucket` is the bucket, spelled so that the policy comes first.
    return (found && this.target(stack, found.values[attribute!])) ?? found;
  }

  /** The resources of a type that refer to this one in an attribute. */
  public referring(type: string, attribute: string, to: Placed): readonly Placed[] {
    return this.any(type).filter(({ stack, values }) =>
      [values[attribute]].flat().some((value) => this.target(stack, value) === to),
    );
  }
}

const REMOTE_OUTPUT =
  /^\$\{data\.terraform_remote_state\.cross-stack-reference-input-([\w-]+)\.outputs\.([\w-]+)\}$/;
const ATTRIBUTE = /^\$\{([\w-]+\.[\w-]+)\.(\w+)\}$/;
