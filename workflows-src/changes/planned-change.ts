import type { Step } from './attribute-paths';
import type { Masking } from './masking';
import type { Action, AttributeChange, ChangeSet, Mode, OutputChange, ResourceChange } from './change-set';

/**
 * The values of a change as the plan has them. They hold secrets: never print, serialize or put into an error what stands
 * in here, but what `Masking` lets through.
 */
export interface Values {
  /** undefined or null: did not exist. */
  readonly before: unknown;
  /** undefined or null: will not exist. An attribute that is not known yet is absent or null here. */
  readonly after: unknown;
  /** `true` at the place of what is known only during the apply, in the shape of the value; false or {} elsewhere. */
  readonly afterUnknown: unknown;
  /** `true` at the place of what is sensitive: then so is all that lies inside. */
  readonly beforeSensitive: unknown;
  readonly afterSensitive: unknown;
  readonly replacePaths: readonly (readonly Step[])[];
}

/** A change set that was read from a plan, and can still be asked about its values. */
export interface Plan extends ChangeSet {
  readonly changes: readonly PlannedChange[];
  readonly outputs: readonly PlannedOutput[];
  readonly masking: Masking;
}

/** Masks and compares, once `attributes` is asked for: most changes of a large plan are never shown in full. */
export type Describe = (values: Values) => readonly AttributeChange[];

/** Private fields, so that no printing and no JSON.stringify shows a secret. */
abstract class WithValues {
  readonly #values: Values;
  readonly #describe: Describe;
  #attributes: readonly AttributeChange[] | undefined;

  public constructor(values: Values, describe: Describe) {
    this.#values = values;
    this.#describe = describe;
  }

  public get values(): Values {
    return this.#values;
  }

  public get attributes(): readonly AttributeChange[] {
    return (this.#attributes ??= this.#describe(this.#values));
  }
}

/** What stands about a change besides its values. */
export type ChangeFacts = Omit<ResourceChange, 'attributes'>;

export class PlannedChange extends WithValues implements ResourceChange {
  public readonly address: string;
  public readonly mode: Mode;
  public readonly type: string;
  public readonly action: Action;
  public readonly reason: string;
  public readonly replacePaths: readonly string[];
  public readonly importing: boolean;
  declare public readonly importId?: string;
  declare public readonly previousAddress?: string;
  declare public readonly deposed?: string;

  public constructor(facts: ChangeFacts, values: Values, describe: Describe) {
    super(values, describe);
    this.address = facts.address;
    this.mode = facts.mode;
    this.type = facts.type;
    this.action = facts.action;
    this.reason = facts.reason;
    this.replacePaths = facts.replacePaths;
    this.importing = facts.importing;
    if (facts.importId !== undefined) this.importId = facts.importId;
    if (facts.previousAddress !== undefined) this.previousAddress = facts.previousAddress;
    if (facts.deposed !== undefined) this.deposed = facts.deposed;
  }
}

export class PlannedOutput extends WithValues implements OutputChange {
  public constructor(
    public readonly name: string,
    public readonly action: Action,
    values: Values,
    describe: Describe,
  ) {
    super(values, describe);
  }
}
