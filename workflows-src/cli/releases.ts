import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { describeVerdict, findK6, runLoadTest } from '../../loadtests/command';
import { config } from '../../stacks/config';
import { connectCommand } from '../github/connect';
import { environmentsOutput } from '../operations/outputs';
import { readTrustedRoots, type TrustedRoot, verifyAttestation } from '../release/attestation';
import { attestationsOf } from '../release/attestations-of';
import { readMigrationTask, runMigration } from '../release/migration';
import { digestOf, type ReleasePointer } from '../release/pointer';
import { type Release, tasksStackOf } from '../release/release';
import type { ReleaseStore } from '../release/release-store';
import { type CommandIo, UsageError } from './io';
import type { OpenWorkspace } from './workspace';

/** The only workflow whose images are released; what it builds, it builds from main. */
export const BUILD_WORKFLOW = 'apply.yml';

export interface ReleaseOptions {
  readonly environment: string;
  readonly service: string;
  /** `repository@sha256:…`. */
  readonly image: string;
  /** File of sigstore's trusted roots, as `gh attestation trusted-root` prints them. */
  readonly trustedRoots: string | undefined;
  /** What is recorded besides the image. */
  readonly pointer: Pick<ReleasePointer, 'commit' | 'by' | 'run'>;
  /** What runs now. @default nothing */
  readonly previous: string | undefined;
  /** Whether the database is migrated. A rollback leaves it as it is. */
  readonly migrates: boolean;
}

/** A release as the commands do it: attestations from GitHub, the migration in ECS, the smoke test by k6, the pointer in SSM. */
export function releaseOf(
  io: CommandIo,
  workspace: OpenWorkspace,
  store: ReleaseStore,
  options: ReleaseOptions,
): Release {
  const { environment, service, image, trustedRoots, pointer, previous, migrates } = options;
  return {
    service,
    image,
    ...(previous !== undefined && { previous }),
    verify: async () => {
      const digest = digestOf(image);
      const roots = rootsIn(io, trustedRoots);
      const bundles = await attestationsOf(connectCommand(io.env), digest);
      const { owner, repository, repositoryId } = config.github;
      verifyAttestation({
        digest,
        bundles,
        trustedRoots: roots,
        policy: {
          owner,
          repository,
          repositoryId,
          workflow: BUILD_WORKFLOW,
          subjectName: image.slice(0, image.indexOf('@')),
        },
      });
    },
    migrate: async (outputs) => {
      const stack = tasksStackOf(environment, service);
      const task = readMigrationTask(stack, outputs.migration);
      if (task === undefined || !migrates) return;
      const region = workspace.stacks.find(({ id }) => id === stack)?.stateRegion ?? '';
      await runMigration(
        { region, env: io.env, signal: io.signal },
        task,
        `release-${digestOf(image).slice(7, 19)}`,
      );
    },
    smokeTest: async () => {
      const target = await environmentsOutput(workspace, environment, 'url');
      const verdict = await runLoadTest({
        k6: findK6({ given: undefined, env: io.env, cwd: io.cwd }),
        target,
        profile: 'smoke',
        folder: join(io.cwd, '.fairlead', 'loadtests', `release-${environment}-${service}`),
        signal: io.signal,
        profilesFolder: join(io.cwd, 'loadtests', 'profiles'),
      });
      if (verdict.outcome !== 'passed') throw new Error(`${target}: ${describeVerdict(verdict)}`);
    },
    record: async () => {
      try {
        await store.write(service, { format: 1, image, at: new Date().toISOString(), ...pointer });
      } catch (error) {
        // An answer that was lost is no failure: what counts is what SSM has.
        const stored = await store.current(service).catch(() => undefined);
        if (stored?.image !== image) throw error;
      }
    },
  };
}

function rootsIn({ cwd }: CommandIo, file: string | undefined): readonly TrustedRoot[] {
  if (file === undefined)
    throw new UsageError(
      'an image is released only when its attestation holds: give --trusted-roots <file>, from `gh attestation trusted-root > <file>`',
    );
  return readTrustedRoots(readFileSync(resolve(cwd, file), 'utf8'), file);
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/variables#default-environment-variables */
export function runOf(env: NodeJS.ProcessEnv): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_RUN_ID: run } = env;
  return server && repository && run ? `${server}/${repository}/actions/runs/${run}` : undefined;
}
