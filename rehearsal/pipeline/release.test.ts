import { randomBytes } from 'node:crypto';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';

import { Client } from 'pg';

import { ENVIRONMENTS, type Environment, serviceStacks, Shipping } from './shipping';
import { rehearsed } from './support';
import type { RanWorkflow } from './world';

/** Of one test: several images, each built and tried, and two environments for each. */
const TEST_MS = 600_000;

const server = process.env.TEST_DATABASE_URL;
const engine = ['docker', 'podman'].some((name) => spawnSync(name, ['version']).status === 0);
const lacking = [
  ...(engine ? [] : ['a container engine (podman and skopeo, or docker)']),
  ...(server ? [] : ['a PostgreSQL (TEST_DATABASE_URL)']),
];
if (lacking.length > 0 && !process.env.CI)
  console.warn(`Releases are not rehearsed: this machine lacks ${lacking.join(' and ')}.`);
const shipped = lacking.length === 0 || process.env.CI ? rehearsed : describe.skip;

shipped('the release of an image', () => {
  let shipping: Shipping;
  const suffix = randomBytes(4).toString('hex');
  const database = (environment: Environment): string => `release_${environment}_${suffix}`;
  const onServer = async (statement: (environment: Environment) => string): Promise<void> => {
    const client = new Client({ connectionString: server });
    await client.connect();
    for (const environment of ENVIRONMENTS) await client.query(statement(environment));
    await client.end();
  };

  beforeAll(async () => {
    if (lacking.length > 0) throw new Error(`CI needs ${lacking.join(' and ')}`);
    await onServer((environment) => `create database ${database(environment)}`);
    const urlOf = (environment: Environment): string => {
      const url = new URL(server!);
      url.pathname = `/${database(environment)}`;
      return url.href;
    };
    shipping = await Shipping.begin({ dev: urlOf('dev'), prod: urlOf('prod') });
  }, TEST_MS);
  afterAll(async () => {
    await shipping?.end();
    await onServer((environment) => `drop database if exists ${database(environment)} with (force)`);
  });

  /** Replaces one text in a file of the branch that is checked out. */
  function edit(file: string, from: string, to: string): void {
    const path = join(shipping.world.checkout, file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    writeFileSync(path, text.replace(from, to));
  }

  /** A pull request, reviewed and merged. @returns where main stood before */
  async function merged(branch: string, change: Parameters<Shipping['world']['commit']>[1]): Promise<string> {
    const { world } = shipping;
    const pull = await world.pullRequest(branch, change);
    const plan = await world.plan(pull, 'opened');
    if (plan.code !== 0) throw new Error(plan.log);
    return world.merge(pull);
  }

  const digestOf = (image: string | undefined): string => image?.slice(image.indexOf('@') + 1) ?? 'none';
  const succeeded = (run: RanWorkflow): void => {
    if (run.code !== 0) throw new Error(run.log);
  };

  let first: string;
  let second: string;

  test(
    'a merge builds and tries an image once, pushes it under its true digest, and takes that through dev to prod',
    async () => {
      const { world } = shipping;
      const before = await merged('ship', (stacks) => {
        Object.assign(stacks, serviceStacks('dev'), serviceStacks('prod'));
        edit('services/api/src/server.ts', '/** Starts the service', '/** Begins. Starts the service');
      });
      const run = await world.apply(before);
      succeeded(run);
      expect(run.jobs).toEqual({
        changes: 'success',
        'build-api': 'success',
        'apply-dev': 'success',
        'apply-prod': 'success',
      });

      const commit = world.git('rev-parse', 'HEAD');
      const stored = await shipping.inRegistry({ tag: commit });
      first = stored.digest ?? 'none';
      expect(first).toBe(
        `sha256:${createHash('sha256')
          .update(stored.manifest ?? '')
          .digest('hex')}`,
      );
      for (const environment of ENVIRONMENTS) {
        expect(await shipping.pointer(environment)).toMatchObject({ commit, by: 'release' });
        expect(digestOf((await shipping.pointer(environment))?.image)).toBe(first);
        expect(await shipping.runs(environment)).toBe(first);
        expect((await fetch(`${shipping.urls[environment]}/shipments`)).status).toBe(200);
      }

      const again = await world.apply(before);
      succeeded(again);
      expect(again.log).not.toContain('Build, try and push');
      expect((await shipping.inRegistry({ tag: commit })).tags).toEqual(stored.tags);
    },
    TEST_MS,
  );

  test(
    'a merge of the application alone plans its two stacks, and no other',
    async () => {
      const { world } = shipping;
      const before = await merged('second', () =>
        edit('services/api/src/routes/health.ts', "status: 'alive'", "status: 'alive', second: true"),
      );
      const run = await world.apply(before);
      succeeded(run);
      expect(run.log).toMatch(/dev-platform +0:00 +as it was last applied/);
      expect(run.log).not.toMatch(/(dev|prod)-platform +\d:\d\d +planning/);
      second = digestOf((await shipping.pointer('prod'))?.image);
      expect(second).not.toBe(first);
      expect(digestOf((await shipping.pointer('dev'))?.image)).toBe(second);
      for (const environment of ENVIRONMENTS) {
        expect(await shipping.runs(environment)).toBe(second);
        expect((await fetch(`${shipping.urls[environment]}/readyz`)).status).toBe(200);
      }
    },
    TEST_MS,
  );

  test(
    'a merge of infrastructure alone builds nothing, and leaves the image',
    async () => {
      const { world } = shipping;
      const before = await merged('infrastructure', (stacks) => {
        for (const environment of ENVIRONMENTS)
          Object.assign(stacks[`${environment}-platform`]!.output!, { more: { value: 'more' } });
      });
      const run = await world.apply(before);
      succeeded(run);
      expect(run.jobs).not.toHaveProperty('build-api');
      expect(await shipping.runs('prod')).toBe(second);
      expect(digestOf((await shipping.pointer('prod'))?.image)).toBe(second);
    },
    TEST_MS,
  );

  test(
    'one dispatch goes back to the previous image, and another goes forth again',
    async () => {
      const { world } = shipping;
      // What is merged and not applied is no part of a rollback.
      world.git('checkout', '--quiet', 'main');
      world.commit('not applied', (stacks) => {
        Object.assign(stacks['dev-tasks-api']!.output!, { later: { value: 'later' } });
      });
      succeeded(await world.rollback('dev', 'previous'));
      expect(await shipping.runs('dev')).toBe(first);
      expect(await shipping.pointer('dev')).toMatchObject({ by: 'rollback' });
      expect(digestOf((await shipping.pointer('dev'))?.image)).toBe(first);
      expect(await shipping.runs('prod')).toBe(second);

      const forth = await world.rollback('dev', 'previous');
      succeeded(forth);
      expect(forth.log).toContain('migrations are not undone');
      expect(await shipping.runs('dev')).toBe(second);
      expect(digestOf((await shipping.pointer('dev'))?.image)).toBe(second);
    },
    TEST_MS,
  );

  test(
    'a rollback refuses what was never released there, and what nobody has attested',
    async () => {
      const { world } = shipping;
      const never = `sha256:${'0'.repeat(64)}`;
      const refused = await world.rollback('dev', never);
      expect(refused.code).not.toBe(0);
      expect(refused.log).toContain(`${never} was never released here`);
      world.github.repository.attestations.length = 0;
      const unattested = await world.rollback('dev', first);
      expect(unattested.code).not.toBe(0);
      expect(unattested.log).toContain('stopped at step **attestation**');
      expect(await shipping.runs('dev')).toBe(second);
    },
    TEST_MS,
  );

  describe('that fails at', () => {
    let pointer: unknown;
    let running: string;
    let good: string;

    /** An image of main with one more change, which is not merged. */
    async function variant(name: string, change: () => void, attested = true): Promise<string> {
      const { world } = shipping;
      world.git('checkout', '--quiet', '-B', name, 'main');
      change();
      world.git('add', '--all');
      world.git('commit', '--quiet', '-m', name);
      const image = await shipping.image(name, { attested });
      world.git('checkout', '--quiet', 'main');
      return image;
    }

    const release = (image: string): Promise<{ code: number; out: string; err: string }> =>
      shipping.world.command([
        ...['release', 'dev', '--image', `api=${image}`, '--trusted-roots', shipping.world.trustedRoots],
      ]);

    /** Exit 1, the step by its name, and all as it was. */
    async function stoppedAt(
      step: string,
      { code, out, err }: Awaited<ReturnType<typeof release>>,
    ): Promise<void> {
      if (!out.includes(`stopped at step **${step}**`)) throw new Error(`${out}\n${err}`);
      expect(code).toBe(1);
      expect(await shipping.pointer('dev')).toEqual(pointer);
      expect(await shipping.runs('dev')).toBe(running);
      expect((await fetch(`${shipping.urls['dev']}/readyz`)).status).toBe(200);
    }

    beforeAll(async () => {
      good = await variant('good', () =>
        edit('services/api/src/routes/health.ts', "status: 'alive'", "status: 'alive', good: true"),
      );
      await shipping.attest((await shipping.pointer('dev'))!.image);
      pointer = await shipping.pointer('dev');
      running = await shipping.runs('dev');
    }, TEST_MS);
    afterEach(() => shipping.world.emulator.refuse());

    test(
      'the attestation touches nothing',
      async () => {
        const image = await variant(
          'unattested',
          () => edit('services/api/src/routes/health.ts', "status: 'alive'", "status: 'alive', forged: true"),
          false,
        );
        const result = await release(image);
        await stoppedAt('attestation', result);
        expect(result.out).toContain('Nothing of it was touched');
      },
      TEST_MS,
    );

    test(
      'the tasks puts the image from before back',
      async () => {
        await shipping.world.emulator.refuse('RegisterTaskDefinition');
        await stoppedAt('tasks', await release(good));
      },
      TEST_MS,
    );

    test(
      'its migration says the last lines of its log, and puts the image from before back',
      async () => {
        const image = await variant('migration', () =>
          writeFileSync(
            join(shipping.world.checkout, 'services/api/migrations/0099_broken.sql'),
            'alter table nowhere add column a text;\n',
          ),
        );
        const result = await release(image);
        await stoppedAt('migration', result);
        expect(result.out).toContain('exit code 1');
        expect(result.out).toContain('relation \\"nowhere\\" does not exist');
        expect(result.out).toContain('was put back');
      },
      TEST_MS,
    );

    test(
      'its deployment, which ECS rolls back, puts the image from before back',
      async () => {
        const image = await variant('circuit', () =>
          edit(
            'services/api/src/server.ts',
            'async function main(): Promise<void> {',
            'async function main(): Promise<void> {\n  if (process.env["PORT"] !== "3000") throw new Error("cannot start");',
          ),
        );
        const result = await release(image);
        await stoppedAt('service', result);
        expect(result.out).toContain('ECS rolled the deployment back');
      },
      TEST_MS,
    );

    test(
      'its smoke test says which objective was missed, and puts the image from before back',
      async () => {
        const image = await variant('smoke', () =>
          edit(
            'services/api/src/routes/shipments.ts',
            'const created = await createShipment',
            "throw new Error('broken');\n      const created = await createShipment",
          ),
        );
        const result = await release(image);
        await stoppedAt('smoke test', result);
        expect(result.out).toContain('failed requests');
      },
      TEST_MS,
    );

    test(
      'the pointer puts the image from before back',
      async () => {
        await shipping.world.emulator.refuse('PutParameter');
        const result = await release(good);
        await stoppedAt('release pointer', result);
        expect(result.out).toContain('PutParameter is made to fail');
        await shipping.world.emulator.refuse();
        const { code } = await release(good);
        expect(code).toBe(0);
        expect(await shipping.runs('dev')).toBe(digestOf(good));
      },
      TEST_MS,
    );
  });

  test(
    'a merge whose release failed is run again, and comes as far as before: what it deploys is reviewed or has run',
    async () => {
      const { world } = shipping;
      const running = await shipping.runs('dev');
      const before = await merged('broken', () =>
        edit(
          'services/api/src/routes/shipments.ts',
          'const created = await createShipment',
          "if (Number(process.env['PORT']) > 9999) throw new Error('broken');\n      const created = await createShipment",
        ),
      );
      for (const attempt of [await world.apply(before), await world.apply(before)]) {
        expect(attempt.code).not.toBe(0);
        expect(attempt.jobs).not.toHaveProperty('apply-prod', 'success');
        expect(attempt.log).toContain('stopped at step **smoke test**');
        expect(attempt.log).toContain('; then the image from before was put back');
        expect(await shipping.runs('dev')).toBe(running);
        expect(digestOf((await shipping.pointer('dev'))?.image)).toBe(running);
      }
    },
    TEST_MS,
  );
});
