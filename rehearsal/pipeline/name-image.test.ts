import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { parse } from 'yaml';

import { Emulator, withoutAws } from '../emulator';
import { makeShims } from './act';
import { python, rehearsed, TEST_MS } from './support';

const ROOT = join(__dirname, '../..');
const REPOSITORY = 'fairlead/api';
/** OCI's manifests need not say what they are. */
const MANIFEST = JSON.stringify({ schemaVersion: 2, config: { digest: 'sha256:1', size: 1 }, layers: [] });
const DIGEST = `sha256:${createHash('sha256').update(MANIFEST).digest('hex')}`;

rehearsed('the step that names an image after its commit, on the emulator', () => {
  let emulator: Emulator;
  let folder = '';
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-name-'));
    emulator = await Emulator.start({
      python,
      env: withoutAws(process.env),
      account: '111111111111',
      region: 'eu-west-1',
      log: join(folder, 'emulator.log'),
      onDeath: (error) => {
        throw error;
      },
    });
  }, TEST_MS);
  afterAll(async () => {
    await emulator?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test(
    'gives ECR the type of a manifest that holds none, and changes nothing else',
    async () => {
      const cli = `#!/bin/sh\nexec '${python}' '${join(ROOT, 'rehearsal/emulator/aws_cli.py')}' "$@"\n`;
      const env = {
        ...withoutAws(process.env),
        ...emulator.env,
        PATH: `${makeShims(folder, { aws: cli })}:${process.env.PATH}`,
        RUNNER_TEMP: folder,
        REPOSITORY,
        DIGEST,
        TAG: 'of-the-commit',
      };
      const bash = (script: string): string => {
        const { status, stdout, stderr } = spawnSync('bash', ['-eo', 'pipefail', '-c', script], {
          env,
          encoding: 'utf8',
        });
        if (status !== 0) throw new Error(`exit ${status}\n${stderr}`);
        return stdout.trim();
      };
      await emulator.aws('create-repository', { repository: REPOSITORY });
      bash(
        `aws ecr put-image --repository-name "$REPOSITORY" --image-tag candidate --image-digest "$DIGEST" --image-manifest '${MANIFEST}' --image-manifest-media-type application/vnd.oci.image.manifest.v1+json`,
      );
      const { jobs } = parse(readFileSync(join(ROOT, '.github/workflows/apply.yml'), 'utf8')) as {
        jobs: Record<string, { steps: { name: string; run?: string }[] }>;
      };
      const step = jobs['build-api']?.steps.find(({ name }) => name === 'Name it after the commit');
      bash(step?.run ?? 'exit 1');
      const named = `aws ecr batch-get-image --repository-name "$REPOSITORY" --image-ids "imageTag=$TAG" --query 'images[0].[imageManifest, imageId.imageDigest]' --output text`;
      expect(bash(named)).toBe(`${MANIFEST}\t${DIGEST}`);
    },
    TEST_MS,
  );
});
