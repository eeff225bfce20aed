import * as z from 'zod';

import type { TerraformBinary } from './binary';
import { Aborted, run, type RunResult } from './process';

/** A problem as Terraform itself words it. Text from providers and configuration: show it fenced, never read facts from it. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly summary: string;
  readonly detail: string;
  readonly address?: string | undefined;
  /** `file:line` in the stack's folder. */
  readonly at?: string | undefined;
}

/** One action of an apply is done: a replacement is two, a data source that is read is none. */
export interface Progress {
  readonly address: string;
  readonly action: 'create' | 'update' | 'delete';
}

/** What an apply tells while it runs. */
export interface ApplyWatch {
  readonly onProgress?: (progress: Progress) => void;
  /** This process exits before it, and leaves it running as that process. */
  readonly onLeft?: (pid: number) => void;
}

/** Terraform ended with an error; the message is its own diagnostics. */
export class TerraformError extends Error {
  public override readonly name = 'TerraformError';
  public constructor(
    public readonly folder: string,
    public readonly command: string,
    public readonly code: number,
    public readonly diagnostics: readonly Diagnostic[],
    stderr: string,
  ) {
    const own = diagnostics.filter(({ severity }) => severity === 'error').map(describe);
    super(
      `terraform ${command} failed (exit ${code})\n${own.length > 0 ? own.join('\n') : stderr.trim() || 'it said nothing'}`,
    );
  }
}

export interface PlanOptions {
  /** The plan file to write. It holds the state in clear text: delete it after use. */
  readonly out: string;
  /** Plans in pull requests hold a read-only role and never lock; an apply's own plan does. */
  readonly lock: boolean;
  /** How long to wait for somebody who holds it. @default 20 */
  readonly lockTimeoutSeconds?: number;
  /** `refresh-only`: what differs between the state and what is there, whatever the configuration says. @default 'normal' */
  readonly mode?: 'normal' | 'destroy' | 'refresh-only';
  readonly variables?: Readonly<Record<string, string>>;
}

/** What terraform said while it planned. */
export interface PlanOutcome {
  /** There is nothing to apply, nothing was changed outside of it, and no warning: the plan file has no more to tell. */
  readonly isEmpty: boolean;
  /** How many resources it compared with what is there. */
  readonly refreshed: number;
}

/** Waiting for the lock of somebody who is nearly done is better than failing; longer than that, a person should look. */
const LOCK_TIMEOUT_SECONDS = 20;

/**
 * The terraform (or tofu) program, run on one synthesized stack's folder at a time. Every call throws TerraformError.
 *
 * A call that holds the lock of a state goes on to its end when this process is killed: ended in the middle, it would leave
 * the lock, and an apply would lose what it created since it last wrote the state.
 */
export class Terraform {
  private readonly env: NodeJS.ProcessEnv;

  /**
   * @param env of the process, with credentials; what makes terraform ask, colour or call home is set here
   * @param signal one SIGINT on abort, so that terraform ends the running call in order and gives the lock back
   * @param graceMs how long it may take for that before it is killed; given, no call outlives this process either, for
   *   states that are thrown away. @default no limit: a killed apply loses state
   */
  public constructor(
    public readonly binary: TerraformBinary,
    env: NodeJS.ProcessEnv,
    private readonly signal?: AbortSignal,
    private readonly graceMs?: number,
  ) {
    this.env = {
      // Terraform and its providers are Go programs that build up hundreds of megabytes and end: left alone, a quarter of their
      // processor time goes to collecting garbage on the way. Costs 40 MB a process. https://pkg.go.dev/runtime
      GOGC: '400',
      ...env,
      TF_IN_AUTOMATION: '1',
      TF_INPUT: '0',
      CHECKPOINT_DISABLE: '1',
    };
    // Each of these would change what our own arguments mean, or mix a log into what is read here.
    for (const name of Object.keys(this.env)) {
      if (
        /^TF_CLI_ARGS/.test(name) ||
        name === 'TF_WORKSPACE' ||
        name === 'TF_DATA_DIR' ||
        /^TF_LOG/.test(name)
      )
        delete this.env[name];
    }
  }

  /** @param state `migrate` moves the state of the former backend into the one now configured */
  public async init(folder: string, state: 'reconfigure' | 'migrate' = 'reconfigure'): Promise<void> {
    // OpenTofu has a registry, and so lock file entries, of its own.
    const lockfile = this.binary.product === 'Terraform' ? ['-lockfile=readonly'] : [];
    // Terraform refuses -json with -migrate-state, even when it has nothing to ask.
    const backend =
      state === 'migrate' ? ['-no-color', '-migrate-state', '-force-copy'] : ['-json', '-reconfigure'];
    await this.call(folder, ['init', ...backend, '-input=false', ...lockfile], {
      holdsLock: state === 'migrate',
    });
  }

  /** @returns what it said on the way */
  public async plan(folder: string, options: PlanOptions): Promise<PlanOutcome> {
    const mode = options.mode === undefined || options.mode === 'normal' ? [] : [`-${options.mode}`];
    const lock = options.lock
      ? [`-lock-timeout=${options.lockTimeoutSeconds ?? LOCK_TIMEOUT_SECONDS}s`]
      : ['-lock=false'];
    const variables = Object.entries(options.variables ?? {}).map(([name, value]) => `-var=${name}=${value}`);
    const seen = { refreshed: 0, drifted: 0 };
    const { code, warned } = await this.call(
      folder,
      [
        'plan',
        '-json',
        '-input=false',
        '-detailed-exitcode',
        `-out=${options.out}`,
        ...mode,
        ...lock,
        ...variables,
      ],
      {
        holdsLock: options.lock,
        onEvent: (type) => {
          if (type === 'refresh_complete') seen.refreshed += 1;
          if (type === 'resource_drift') seen.drifted += 1;
        },
      },
    );
    return { isEmpty: code === 0 && seen.drifted === 0 && !warned, refreshed: seen.refreshed };
  }

  /** Checks the configuration of an initialized stack without its state and without the cloud. */
  public async validate(folder: string): Promise<void> {
    const { code, stdout, stderr } = await run(this.binary.file, ['validate', '-json'], {
      cwd: folder,
      env: this.env,
      signal: this.signal,
      graceMs: this.graceMs,
    });
    if (code === 0) return;
    const answer = validateAnswer.safeParse(parseJson(stdout.toString('utf8')));
    const diagnostics = answer.success ? answer.data.diagnostics.map(asDiagnostic) : [];
    throw new TerraformError(folder, 'validate', code, diagnostics, stderr);
  }

  /** The plan file as JSON. */
  public async show(folder: string, planFile: string): Promise<Buffer> {
    return (await this.call(folder, ['show', '-json', planFile])).stdout;
  }

  /** The state as JSON; `{"format_version": …}` alone where nothing was ever applied. */
  public async showState(folder: string): Promise<Buffer> {
    return (await this.call(folder, ['show', '-json'])).stdout;
  }

  public async apply(folder: string, planFile: string, watch: ApplyWatch = {}): Promise<void> {
    await this.call(
      folder,
      ['apply', '-json', '-input=false', `-lock-timeout=${LOCK_TIMEOUT_SECONDS}s`, planFile],
      { holdsLock: true, ...watch },
    );
  }

  /** Empty where nothing was ever applied. */
  public async outputs(folder: string): Promise<Readonly<Record<string, unknown>>> {
    const { stdout } = await this.call(folder, ['output', '-json']);
    const answer = outputsAnswer.safeParse(JSON.parse(stdout.toString('utf8')));
    if (!answer.success)
      throw new Error(`${folder}: 'terraform output -json' did not answer an object of outputs`);
    return Object.fromEntries(Object.entries(answer.data).map(([name, { value }]) => [name, value]));
  }

  private async call(
    folder: string,
    args: readonly string[],
    { holdsLock = false, onProgress, onLeft, onEvent }: CallOptions = {},
  ): Promise<RunResult & { readonly warned: boolean }> {
    const diagnostics: Diagnostic[] = [];
    const streams = args[1] === '-json' && ['init', 'plan', 'apply'].includes(args[0] ?? '');
    const result = await run(this.binary.file, args, {
      cwd: folder,
      env: this.env,
      signal: this.signal,
      graceMs: this.graceMs,
      survives: holdsLock && this.graceMs === undefined,
      onLeft,
      ...(streams && { onLine: (line: string) => readLine(line, diagnostics, onProgress, onEvent) }),
    }).catch((error: unknown) => {
      // What terraform says of an interrupted call, such as a state it could not write, must not be lost.
      if (error instanceof Aborted && diagnostics.some(({ severity }) => severity === 'error'))
        return error.result;
      throw error;
    });
    const hasChanges = result.code === 2 && args.includes('-detailed-exitcode');
    if (result.code !== 0 && !hasChanges)
      throw new TerraformError(folder, args[0] ?? '', result.code, diagnostics, result.stderr);
    return { ...result, warned: diagnostics.length > 0 };
  }
}

interface CallOptions extends ApplyWatch {
  /** @default false */
  readonly holdsLock?: boolean;
  /** Told the type of each line of terraform's `-json`. */
  readonly onEvent?: (type: string) => void;
}

const outputsAnswer = z.record(z.string(), z.looseObject({ value: z.unknown() }));

const diagnosticJson = z.looseObject({
  severity: z.enum(['error', 'warning']),
  summary: z.string(),
  detail: z.string().default(''),
  address: z.string().optional(),
  range: z.looseObject({ filename: z.string(), start: z.looseObject({ line: z.number() }) }).optional(),
});

function asDiagnostic({
  severity,
  summary,
  detail,
  address,
  range,
}: z.output<typeof diagnosticJson>): Diagnostic {
  return { severity, summary, detail, address, at: range && `${range.filename}:${range.start.line}` };
}

const validateAnswer = z.looseObject({ diagnostics: z.array(diagnosticJson) });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** One line of `-json`: https://developer.hashicorp.com/terraform/internals/machine-readable-ui */
const uiLine = z.looseObject({
  type: z.string().optional(),
  diagnostic: diagnosticJson.optional(),
  hook: z
    .looseObject({ resource: z.looseObject({ addr: z.string() }).optional(), action: z.string().optional() })
    .optional(),
});

function readLine(
  line: string,
  diagnostics: Diagnostic[],
  onProgress: ((progress: Progress) => void) | undefined,
  onEvent: ((type: string) => void) | undefined,
): void {
  if (line.trim() === '') return;
  const json = parseJson(line);
  if (json === undefined) {
    // A crash of terraform or a provider prints plain text here.
    diagnostics.push({ severity: 'error', summary: line, detail: '' });
    return;
  }
  const parsed = uiLine.safeParse(json);
  if (!parsed.success) return;
  const { type, diagnostic, hook } = parsed.data;
  if (diagnostic) diagnostics.push(asDiagnostic(diagnostic));
  if (type !== undefined) onEvent?.(type);
  const address = hook?.resource?.addr;
  const action = hook?.action;
  if (type !== 'apply_complete' || address === undefined) return;
  if (action === 'create' || action === 'update' || action === 'delete') onProgress?.({ address, action });
}

/** A diagnostic as lines of plain text. */
export function describe({ summary, detail, address, at }: Diagnostic): string {
  const where = [address, at].filter((part) => part !== undefined).join(', ');
  return [`Error: ${summary}${where === '' ? '' : ` (${where})`}`, detail]
    .filter((part) => part !== '')
    .join('\n');
}
