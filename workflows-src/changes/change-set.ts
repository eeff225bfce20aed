import type { Risk } from './risks/risk';

/**
 * What a plan will do, told apart, with every value that may be secret masked. Everything that is shown about a plan
 * starts from here.
 */
export interface ChangeSet {
  readonly stack: string;
  readonly formatVersion: string;
  readonly terraformVersion: string;
  /** In the plan's own order, without what stays as it is. */
  readonly changes: readonly ResourceChange[];
  /** How many resources and data sources stay as they are. */
  readonly unchanged: number;
  /** What this plan puts off: Terraform needs another plan after this one is applied. */
  readonly deferred: readonly DeferredChange[];
  /** Actions of a provider that run beside the changes (Terraform 1.14 and later). */
  readonly invocations: readonly Invocation[];
  readonly outputs: readonly OutputChange[];
  /** What was changed outside of Terraform since the last apply, and would be changed back or made anew. */
  readonly drift: readonly DriftedResource[];
  /**
   * What differs from the state and stays so, because the configuration does not set it: as a rule what a resource of its
   * own, such as a rule of a security group, has filled in since. Empty in a refresh-only plan, where all is `drift`.
   */
  readonly settled: readonly DriftedResource[];
  readonly checks: readonly Check[];
  /** What a reviewer must not miss, the gravest first. */
  readonly risks: readonly Risk[];
  /** False: Terraform says that another plan must follow this one. */
  readonly complete: boolean;
  /** True: planning stopped with an error, so this is a part of the plan. */
  readonly errored: boolean;
}

/** `open`, `renew` and `close` belong to ephemeral resources. */
export type Action =
  | 'create'
  | 'update'
  | 'delete'
  | 'delete-then-create'
  | 'create-then-delete'
  | 'create-then-forget'
  | 'forget-then-create'
  | 'forget'
  | 'read'
  | 'no-op'
  | 'open'
  | 'renew'
  | 'close';

export type Mode = 'managed' | 'data' | 'ephemeral';

/**
 * One difference of a value. Texts are on one line, cannot act on what shows them, and hold no secret: that one is hidden
 * is told by `(sensitive)`; `(known after apply)` stands for what Terraform does not know yet.
 */
export interface AttributeChange {
  /**
   * As one writes it in Terraform: `engine_version`, `tags["cost.center"]`. An element of a list is named by what
   * identifies it, where something does: `container_definitions["api"].image`.
   */
  readonly path: string;
  /** Of the value: `add` where there was none (null counts as none), `remove` where there will be none. */
  readonly kind: 'add' | 'remove' | 'update';
  /** Absent when there was none, or when `lines` shows it. */
  readonly before?: string;
  /** Absent when there will be none, or when `lines` shows it. */
  readonly after?: string;
  /** A text of several lines: each line with ` `, `+` or `-` before it; `@` counts lines that are left out. */
  readonly lines?: readonly string[];
  /** What before and after do not say, such as that only the order of a JSON text changes. */
  readonly note?: string;
  readonly forcesReplacement?: true;
}

export interface ResourceChange {
  readonly address: string;
  readonly mode: Mode;
  readonly type: string;
  /** `no-op` here always comes with a move or an import. */
  readonly action: Action;
  /** Terraform's keyword for why this action was chosen, or ''. New ones may appear in any version. */
  readonly reason: string;
  /** The attributes that force a replacement, as paths: `engine_version`, `triggers_replace[0]`. */
  readonly replacePaths: readonly string[];
  readonly importing: boolean;
  /** What is imported, where the plan says it and it is no secret. */
  readonly importId?: string;
  /** The address before a `moved` block. */
  readonly previousAddress?: string;
  /** The key of a leftover object of a replacement that failed half way; the change is to that object. */
  readonly deposed?: string;
  /** What changes inside, in the order of paths. May be computed when it is asked for. */
  readonly attributes: readonly AttributeChange[];
}

export interface DeferredChange {
  readonly address: string;
  readonly action: Action | 'invoke';
  /** Terraform's keyword: `instance_count_unknown`, `deferred_prereq` and so on. */
  readonly reason: string;
}

export interface Invocation {
  readonly address: string;
  /** The resource whose change triggers it; absent when it was asked for on the command line. */
  readonly triggeredBy?: string;
}

export interface OutputChange {
  readonly name: string;
  readonly action: Action;
  readonly attributes: readonly AttributeChange[];
}

export interface DriftedResource {
  readonly address: string;
  readonly type: string;
  /** `update`: changed, `delete`: gone, `no-op`: moved only. */
  readonly action: Action;
  /** What differs: from what Terraform knew to what is there. */
  readonly attributes: readonly AttributeChange[];
  readonly previousAddress?: string;
}

/** A `check` block, or the conditions of a resource, an output or a variable. Messages are left out: they hold values. */
export interface Check {
  readonly address: string;
  /** `unknown`: decided during the apply. */
  readonly status: 'pass' | 'fail' | 'error' | 'unknown';
}

/** A replacement in any order, whatever becomes of the old object. */
export function isReplace(action: Action): boolean {
  return REPLACES.has(action);
}

/** The existing object is gone afterwards. */
export function destroys(action: Action): boolean {
  return action === 'delete' || action === 'delete-then-create' || action === 'create-then-delete';
}

const REPLACES: ReadonlySet<Action> = new Set<Action>([
  'delete-then-create',
  'create-then-delete',
  'create-then-forget',
  'forget-then-create',
]);

/**
 * Exact numbers of a plan. Each changed resource is in one of create, update, replace, delete, forget, read and
 * ephemeral, or else it only moves or is imported; `moved` and `imported` count those too that change as well.
 */
export interface Counts {
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
  readonly forget: number;
  readonly read: number;
  readonly ephemeral: number;
  readonly moved: number;
  readonly imported: number;
  readonly invoke: number;
  readonly deferred: number;
  readonly outputs: number;
  readonly drifted: number;
  readonly failedChecks: number;
}

/** The sum over the change sets; zero everywhere for none. */
export function count(changeSets: readonly ChangeSet[]): Counts {
  const counts = {
    create: 0,
    update: 0,
    replace: 0,
    delete: 0,
    forget: 0,
    read: 0,
    ephemeral: 0,
    moved: 0,
    imported: 0,
    invoke: 0,
    deferred: 0,
    outputs: 0,
    drifted: 0,
    failedChecks: 0,
  };
  for (const set of changeSets) {
    for (const change of set.changes) {
      const kind = kindOf(change.action);
      if (kind) counts[kind] += 1;
      if (change.previousAddress !== undefined) counts.moved += 1;
      if (change.importing) counts.imported += 1;
    }
    counts.invoke += set.invocations.length;
    counts.deferred += set.deferred.length;
    counts.outputs += set.outputs.length;
    counts.drifted += set.drift.length;
    counts.failedChecks += set.checks.filter(isFailed).length;
  }
  return counts;
}

/** Terraform goes on after a failed check; `error` means the condition itself could not be evaluated. */
export function isFailed(check: Check): boolean {
  return check.status === 'fail' || check.status === 'error';
}

export type Kind = 'create' | 'update' | 'replace' | 'delete' | 'forget' | 'read' | 'ephemeral';

/** What a reader calls it; undefined for `no-op`. */
export function kindOf(action: Action): Kind | undefined {
  if (isReplace(action)) return 'replace';
  switch (action) {
    case 'create':
    case 'update':
    case 'delete':
    case 'forget':
    case 'read':
      return action;
    case 'open':
    case 'renew':
    case 'close':
      return 'ephemeral';
    default:
      return undefined;
  }
}
