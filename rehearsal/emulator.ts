import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import * as z from 'zod';

import type { AgentSettings } from './agent';
import { endWithUs, run } from '../workflows-src/terraform/process';

export interface EmulatorOptions {
  readonly python: string;
  readonly env: NodeJS.ProcessEnv;
  /** The AWS account it is. */
  readonly account: string;
  readonly region: string;
  /** @default 0: a free one */
  readonly port?: number;
  /** Its requests are logged there. */
  readonly log: string;
  /** Called when it ends and nobody asked it to. */
  readonly onDeath: (error: Error) => void;
  /** What runs the containers of its ECS. @default nothing does: no task starts, and services are healthy by themselves */
  readonly agent?: AgentSettings;
  /** Leaves it running when this process ends. @default false */
  readonly outlives?: boolean;
}

/** A call to AWS: in the name of an access key, signed for a service. */
export interface RecordedCall {
  readonly key: string;
  /** As signatures name it, such as `monitoring` for CloudWatch. */
  readonly service: string;
  readonly action: string;
  /** The ARN of what it names; empty where that is not known. A call that names several is one of each. */
  readonly resource: string;
}

const READY_TIMEOUT_MS = 60_000;
const recordedCalls = z.array(
  z.object({ key: z.string(), service: z.string(), action: z.string(), resource: z.string() }),
);
const listening = z.object({ listening: z.string().regex(/^http:\/\/127\.0\.0\.1:\d+$/) });

/** The AWS emulator: a process on loopback that forgets everything when it ends. */
export class Emulator {
  private ending = false;
  private readonly letGo: () => void;

  private constructor(
    private readonly child: ChildProcess,
    private readonly options: EmulatorOptions,
    /** Such as `http://127.0.0.1:40123`. */
    public readonly endpoint: string,
  ) {
    // One with an agent sees by itself that we are gone, and ends what that runs.
    this.letGo = options.agent ? () => undefined : endWithUs(child.pid);
  }

  /**
   * Starts it and waits until it listens.
   * @throws Error with what it said when it does not, such as that the port is taken
   */
  public static async start(options: EmulatorOptions): Promise<Emulator> {
    const log = openSync(options.log, 'w');
    const args = [join(__dirname, 'emulator', 'moto_rehearsal.py'), String(options.port ?? 0)];
    if (!options.outlives) args.push('--parent', String(process.pid));
    const child = spawn(options.python, args, {
      env: {
        ...options.env,
        MOTO_ACCOUNT_ID: options.account,
        PYTHONUNBUFFERED: '1',
        ...(options.agent && {
          REHEARSAL_AGENT: JSON.stringify([process.execPath, '-r', 'tsx/cjs', join(__dirname, 'agent.ts')]),
          REHEARSAL_AGENT_SETTINGS: JSON.stringify(options.agent),
        }),
      },
      // A group of its own: Ctrl-C reaches it through us, after terraform has ended.
      detached: true,
      stdio: ['ignore', 'pipe', log],
    });
    const line = await firstLine(child);
    const answer = listening.safeParse(parseJson(line));
    if (!answer.success) {
      child.kill('SIGKILL');
      const said = (await readFile(options.log, 'utf8')).trim().split('\n').slice(-3).join('\n  ');
      throw new Error(`The AWS emulator did not start: ${said || 'it said nothing'}`);
    }
    const emulator = new Emulator(child, options, answer.data.listening);
    child.once('exit', (code, signal) => {
      if (emulator.ending) return;
      options.onDeath(
        new Error(
          `The AWS emulator ended by itself (${signal ?? `exit ${code}`}), and with it all that was created. Run again.`,
        ),
      );
    });
    return emulator;
  }

  /** For terraform, and for everything else that speaks to AWS: this endpoint, and keys that are worth nothing elsewhere. */
  public get env(): Readonly<Record<string, string>> {
    const { region } = this.options;
    return {
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: 'rehearsal',
      AWS_SECRET_ACCESS_KEY: 'rehearsal',
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
      // Neither a profile of the user nor a proxy comes between.
      AWS_CONFIG_FILE: devNull,
      AWS_SHARED_CREDENTIALS_FILE: devNull,
      NO_PROXY: '127.0.0.1,localhost',
      no_proxy: '127.0.0.1,localhost',
    };
  }

  /** Each distinct call to it, once. */
  public async calls(signal?: AbortSignal): Promise<readonly RecordedCall[]> {
    const answer = await fetch(`${this.endpoint}/rehearsal/calls`, { signal: signal ?? null });
    return recordedCalls.parse(await answer.json());
  }

  /** Calls of these names are refused from now on, of services that speak JSON. */
  public async refuse(...actions: readonly string[]): Promise<void> {
    await fetch(`${this.endpoint}/rehearsal/failing`, { method: 'PUT', body: JSON.stringify(actions) });
  }

  public get pid(): number {
    return this.child.pid ?? 0;
  }

  public async stop(): Promise<void> {
    this.ending = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    // It has nothing to put in order, but the containers that its agent runs.
    this.child.kill(this.options.agent ? 'SIGTERM' : 'SIGKILL');
    await once(this.child, 'exit');
    this.letGo();
  }

  /** Lets it run on after this process. */
  public release(): void {
    this.ending = true;
    this.letGo();
    this.child.unref();
    this.child.stdout?.destroy();
  }

  /**
   * One of the commands of `emulator/aws.py`.
   * @throws Error with what AWS answered
   */
  public async aws(command: string, args: object, signal?: AbortSignal): Promise<unknown> {
    const { python, env } = this.options;
    const { code, stdout, stderr } = await run(
      python,
      [join(__dirname, 'emulator', 'aws.py'), command, JSON.stringify(args)],
      {
        env: { ...withoutAws(env), ...this.env },
        signal,
        graceMs: 1000,
      },
    );
    if (code !== 0)
      throw new Error(`${command} in the emulator failed: ${stderr.trim().split('\n').at(-1) ?? ''}`);
    return JSON.parse(stdout.toString('utf8'));
  }
}

/** The environment without the variables that point at a real account. */
export function withoutAws(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('AWS_') || name === 'AWS_CA_BUNDLE'),
  );
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}

/** @returns undefined when the process ends or stays silent */
async function firstLine(child: ChildProcess): Promise<string | undefined> {
  if (!child.stdout) return undefined;
  const lines = createInterface({ input: child.stdout });
  const timeout = AbortSignal.timeout(READY_TIMEOUT_MS);
  try {
    return await Promise.race([
      once(lines, 'line', { signal: timeout }).then(([line]) => String(line)),
      once(child, 'exit', { signal: timeout }).then(() => undefined),
      once(child, 'error', { signal: timeout }).then(() => undefined),
    ]);
  } catch (error) {
    if (timeout.aborted) return undefined;
    throw error;
  } finally {
    lines.close();
  }
}
