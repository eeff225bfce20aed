import { setTimeout as sleep } from 'node:timers/promises';

import * as z from 'zod';

import { visible } from '../changes/visible-text';
import { type AwsAccess, clientOptions, sent } from '../operations/aws';
import { MIGRATION_MINUTES } from './limits';
import {
  CloudWatchLogsClient,
  DescribeTasksCommand,
  ECSClient,
  GetLogEventsCommand,
  RunTaskCommand,
  StopTaskCommand,
  type Task,
} from './sdk';

/** What it takes to run a service's migration: the output `migration` of its tasks stack. */
export interface MigrationTask {
  readonly task_definition_arn: string;
  /** The container whose exit code counts; its name begins the log stream's too. */
  readonly container: string;
  readonly cluster_arn: string;
  readonly capacity_provider: string;
  readonly security_group_id: string;
  readonly subnet_ids: readonly string[];
  readonly log_group: string;
}

const migrationTask = z.strictObject({
  task_definition_arn: z.string().startsWith('arn:'),
  container: z.string().min(1),
  cluster_arn: z.string().startsWith('arn:'),
  capacity_provider: z.string().min(1),
  security_group_id: z.string().min(1),
  subnet_ids: z.array(z.string().min(1)).min(1),
  log_group: z.string().min(1),
});

/** @param output of the tasks stack; undefined for a service that has no migration @throws Error naming what is wrong with it */
export function readMigrationTask(stack: string, output: unknown): MigrationTask | undefined {
  if (output === undefined) return undefined;
  const parsed = migrationTask.safeParse(output);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(
    `${stack}: output migration${issue?.path.map((part) => `.${String(part)}`).join('') ?? ''}: ${issue?.message ?? 'is wrong'}; apply the stack as this commit has it`,
  );
}

export interface MigrationTiming {
  /** Between two looks at the task. @default 5 s */
  readonly pollMs?: number;
  /** After which it is stopped and counts as failed. @default 30 min */
  readonly timeoutMs?: number;
}

/** Looks at the task in a row that may fail. */
const MOST_MISSED = 3;

/** The last lines of a log may come some seconds after the end of their container. */
const LOG_LOOKS = 5;
const LOG_MS = 2_000;

/** Lines of its log that are shown of a migration that failed. */
const LAST_LINES = 20;
const MOST_TEXT = 4000;

/**
 * Runs a migration as a one-off task and waits until it has ended.
 * @param startedBy whom ECS names as its cause, 128 characters at most
 * @throws Error unless its container ended with exit code 0; with the code, ECS's reason and the last lines of its log
 */
export async function runMigration(
  access: AwsAccess,
  task: MigrationTask,
  startedBy: string,
  { pollMs = 5_000, timeoutMs = MIGRATION_MINUTES * 60_000 }: MigrationTiming = {},
): Promise<void> {
  const ecs = new ECSClient(clientOptions(access, 'ECS'));
  const started = await begun(access, () =>
    ecs.send(
      new RunTaskCommand({
        cluster: task.cluster_arn,
        taskDefinition: task.task_definition_arn,
        capacityProviderStrategy: [{ capacityProvider: task.capacity_provider, weight: 1 }],
        networkConfiguration: {
          awsvpcConfiguration: {
            subnets: [...task.subnet_ids],
            securityGroups: [task.security_group_id],
            assignPublicIp: 'DISABLED',
          },
        },
        startedBy: startedBy.slice(0, 128),
        enableECSManagedTags: true,
      }),
      sent(access),
    ),
  );
  const taskArn = started.tasks?.[0]?.taskArn;
  if (taskArn === undefined) {
    const reasons = (started.failures ?? []).map(({ reason = 'unknown', detail }) =>
      detail === undefined ? reason : `${reason} (${detail})`,
    );
    throw new Error(`ECS did not start the migration: ${reasons.join(', ') || 'it gave no reason'}`);
  }
  const began = Date.now();
  let missed = 0;
  const look = async (): Promise<Task | undefined> => {
    try {
      const describe = new DescribeTasksCommand({ cluster: task.cluster_arn, tasks: [taskArn] });
      const { tasks = [] } = await ecs.send(describe, sent(access));
      missed = 0;
      return tasks[0];
    } catch (error) {
      // A migration that runs is not ended because ECS did not answer once.
      missed += 1;
      if (access.signal?.aborted || missed > MOST_MISSED) throw error;
      return undefined;
    }
  };
  try {
    for (;;) {
      const seen = await look();
      if (seen?.lastStatus === 'STOPPED') {
        const container = seen.containers?.find(({ name }) => name === task.container);
        if (container?.exitCode === 0) return;
        const how =
          container?.exitCode === undefined
            ? `its container did not start (${container?.reason ?? seen.stoppedReason ?? 'ECS gives no reason'})`
            : `exit code ${container.exitCode}${seen.stoppedReason === undefined ? '' : ` (${seen.stoppedReason})`}`;
        throw new Failed(`the migration failed: ${visible(how)}.\n${await lastLines(access, task, taskArn)}`);
      }
      if (Date.now() - began > timeoutMs)
        throw new Error(
          `the migration did not end within ${Math.round(timeoutMs / 60_000)} minutes and was stopped.\n${await lastLines(access, task, taskArn)}`,
        );
      await sleep(pollMs, undefined, sentSignal(access));
    }
  } catch (error) {
    // Nobody waits for it any more: what it does from here on would be seen by nobody.
    if (error instanceof Failed) throw error;
    const stop = { cluster: task.cluster_arn, task: taskArn, reason: 'The release stopped' };
    try {
      await ecs.send(new StopTaskCommand(stop));
    } catch (unstopped) {
      throw new Error(
        `${(error as Error).message}; and its task ${taskArn} could not be stopped: ${(unstopped as Error).message}`,
        { cause: error },
      );
    }
    throw error;
  }
}

/** A role that was made a moment ago is not known everywhere yet: then ECS says so, and is asked again for a minute. */
async function begun<T>(access: AwsAccess, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run();
    } catch (error) {
      const isEarly = /unable to assume the role/i.test((error as Error).message);
      if (!isEarly || attempt === ROLE_ATTEMPTS) throw error;
      await sleep(ROLE_MS, undefined, sentSignal(access));
    }
  }
}

const ROLE_ATTEMPTS = 12;
const ROLE_MS = 5_000;

/** It ended by itself. */
class Failed extends Error {}

function sentSignal({ signal }: AwsAccess): { readonly signal?: AbortSignal } {
  return signal ? { signal } : {};
}

/** ECS names the stream `<prefix>/<container>/<task id>`; the prefix is the container's name. */
async function lastLines(access: AwsAccess, task: MigrationTask, taskArn: string): Promise<string> {
  const stream = `${task.container}/${task.container}/${taskArn.split('/').at(-1)}`;
  const where = `log group ${task.log_group}, stream ${stream}`;
  try {
    const logs = new CloudWatchLogsClient(clientOptions(access, 'CLOUDWATCH_LOGS'));
    const last = new GetLogEventsCommand({
      logGroupName: task.log_group,
      logStreamName: stream,
      limit: LAST_LINES,
      startFromHead: false,
    });
    let { events = [] } = await logs.send(last, sent(access));
    for (let look = 1; look < LOG_LOOKS && events.length === 0; look += 1) {
      await sleep(LOG_MS, undefined, sentSignal(access));
      ({ events = [] } = await logs.send(last, sent(access)));
    }
    if (events.length === 0) return `It logged nothing (${where}).`;
    const text = events.map(({ message = '' }) => `  ${visible(message.trimEnd())}`).join('\n');
    return `Its last lines (${where}):\n${text.slice(-MOST_TEXT)}`;
  } catch (error) {
    if (access.signal?.aborted) throw error;
    // A task that never started has no stream; the failure itself is what has to be said.
    return `Its log cannot be read (${where}): ${(error as Error).message}`;
  }
}
