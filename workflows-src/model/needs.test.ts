import { problemsOf } from './check';
import { needsOf } from './needs';
import { renderWorkflow } from './render';
import { call, callingWorkflow, inputOf, jobOutput, workflow, type AnyWorkflow, type Job } from './workflow';

const base = {
  name: 'ship',
  about: 'Ships.',
  on: { push: { branches: ['main'] } },
  concurrency: { group: 'ship', 'cancel-in-progress': false },
} as const;

const build = {
  name: 'Build',
  'runs-on': 'ubuntu-24.04',
  'timeout-minutes': 5,
  permissions: {},
  outputs: { digest: '${{ steps.push.outputs.digest }}' },
  steps: [{ id: 'push', name: 'Push', run: './push', outputs: ['digest'] }],
} as const satisfies Job;

const plain = (change: Partial<Job> = {}): Job => ({
  name: 'Job',
  'runs-on': 'ubuntu-24.04',
  'timeout-minutes': 5,
  permissions: {},
  steps: [{ name: 'Run', run: 'true' }],
  ...change,
});

const problems = (jobs: Record<string, object>, rest: object = {}, others = {}): string[] =>
  problemsOf('ship', { ...base, jobs, ...rest } as AnyWorkflow, {}, others);

describe('needs', () => {
  it.each<[string, Partial<Job>]>([
    ['in a condition', { if: "needs.build.result == 'success'" }],
    ['in a name', { name: '${{ needs.build.outputs.digest }}' }],
    [
      'in a matrix',
      { strategy: { matrix: '${{ fromJSON(needs.build.outputs.digest) }}', 'fail-fast': true } },
    ],
    [
      'in a step',
      { steps: [{ name: 'Run', env: { A: "${{ needs['BUILD'].outputs.digest }}" }, run: 'true' }] },
    ],
    [
      "in a step's condition",
      { steps: [{ name: 'Run', if: "'failure' == needs.build.result", run: 'true' }] },
    ],
  ])('are inferred from what a job reads %s, and written to the file', (_where, reads) => {
    const ship = { ...base, jobs: { build, test: plain(), deploy: plain(reads) } };
    expect(problemsOf('ship', ship, {})).toEqual([]);
    expect(needsOf(ship, 'deploy')).toEqual(['build']);
    expect(renderWorkflow(ship, 'ship.ts', {})).toContain('    permissions: {}\n    needs:\n      - build\n');
  });

  it('stand in the order of the jobs, whatever is read first', () => {
    const deploy = plain({ if: "needs.test.result == 'success' && needs.build.result == 'success'" });
    expect(needsOf({ jobs: { build, test: plain(), deploy } }, 'deploy')).toEqual(['build', 'test']);
  });

  it('are all there are where they are written: for an order alone, and against reading more', () => {
    const [after, reads] = [{ needs: ['test'] }, { env: { A: '${{ needs.build.outputs.digest }}' } }];
    expect(problems({ build, test: plain(), deploy: plain(after) })).toEqual([]);
    expect(problems({ build, test: plain(), deploy: plain({ ...after, ...reads }) })).toEqual([
      "ship, job 'deploy': env.A: needs.build.outputs.digest: no job in needs is named 'build' (add it, or leave needs out, which is then inferred); valid names: test",
    ]);
  });

  it('fail when a job reads one that there is not, itself, or whatever there may be', () => {
    expect(problems({ build, deploy: plain({ if: 'needs.buidl.outputs.digest' }) })).toEqual([
      "ship, job 'deploy': if: needs.buidl.outputs.digest: no other job is named 'buidl' (did you mean 'build'?); valid names: build",
    ]);
    expect(problems({ build: { ...build, if: "needs.build.result == 'success'" } })).toEqual([
      "ship, job 'build': if: needs.build.result: no other job is named 'build'; valid names: none",
    ]);
    expect(problems({ build, deploy: plain({ if: "contains(needs.*.result, 'failure')" }) })).toEqual([
      "ship, job 'deploy': if: needs.*.result: reads whatever is needed, and needs is not written; valid: needs written out",
    ]);
    expect(
      problems({ build, deploy: plain({ needs: ['build'], if: "contains(needs.*.result, 'failure')" }) }),
    ).toEqual([]);
  });

  it('fail when jobs read each other, naming the circle', () => {
    const reads = (id: string): Job => plain({ if: `needs.${id}.result == 'success'` });
    expect(problems({ a: reads('b'), b: reads('c'), c: reads('a') })).toEqual([
      'ship: jobs wait for each other: a needs b needs c needs a; valid: an order',
    ]);
  });
});

describe('typed references', () => {
  it('name an output of a job, which does not compile when it has none of that name', () => {
    expect(jobOutput({ build }, 'digest')).toBe('${{ needs.build.outputs.digest }}');
    // @ts-expect-error -- there is no such output
    expect(jobOutput({ build }, 'digset')).toBe('${{ needs.build.outputs.digset }}');
    expect(() => jobOutput({ build, test: build }, 'digest')).toThrow(
      'jobOutput: got the jobs build, test; valid: one',
    );
  });

  it('name an input of a trigger, which does not compile when there is none of that name', () => {
    const on = {
      workflow_dispatch: { inputs: { to: { description: 'a', required: true, type: 'string' } } },
      workflow_call: { inputs: { tag: { description: 'a', type: 'string', required: true } } },
    } as const;
    expect([inputOf(on, 'to'), inputOf(on, 'tag')]).toEqual(['${{ inputs.to }}', '${{ inputs.tag }}']);
    // @ts-expect-error -- there is no such input
    expect(inputOf(on, 'tga')).toBe('${{ inputs.tga }}');
    // @ts-expect-error -- these triggers take none
    expect(inputOf(base.on, 'to')).toBe('${{ inputs.to }}');
  });
});

describe('a call of a workflow', () => {
  const deploy = workflow({
    ...base,
    concurrency: { group: 'deploy', 'cancel-in-progress': false },
    on: {
      workflow_call: {
        inputs: {
          to: { description: 'a', type: 'string', required: true },
          count: { description: 'a', type: 'number', default: 1 },
          rehearse: { description: 'a', type: 'boolean', default: false },
        },
        secrets: { KEY: { description: 'a', required: true } },
        outputs: { url: { description: 'a', value: '${{ jobs.deploy.outputs.url }}' } },
      },
    },
    jobs: {
      deploy: {
        ...build,
        outputs: { url: '${{ steps.push.outputs.digest }}' },
        env: { KEY: '${{ secrets.KEY }}' },
      },
    },
  });
  const calling = { name: 'Deploy', permissions: {} };
  const given = { with: { to: 'dev' }, secrets: { KEY: '${{ github.token }}' } } as const;

  it('takes what the called workflow takes, and gives what it gives', () => {
    const release = callingWorkflow({
      ...base,
      jobs: {
        build,
        deploy: {
          ...calling,
          if: "needs.build.result == 'success'",
          ...call('deploy', deploy, {
            ...given,
            with: { to: jobOutput({ build }, 'digest'), count: 2, rehearse: true },
          }),
        },
        check: { ...build, env: { URL: '${{ needs.deploy.outputs.url }}' } },
      },
    });
    expect(problemsOf('release', release, {}, { deploy, release })).toEqual([]);
    expect(problemsOf('deploy', deploy, {}, { deploy, release })).toEqual([]);
    expect(renderWorkflow(release, 'release.ts', {})).toContain(`\
  deploy:
    name: Deploy
    permissions: {}
    needs:
      - build
    if: needs.build.result == 'success'
    uses: ./.github/workflows/deploy.yml
    with:
      to: \${{ needs.build.outputs.digest }}
      count: 2
      rehearse: true
    secrets:
      KEY: \${{ github.token }}

  check:
`);
  });

  it('does not compile when it lacks something, has something else, or of another type', () => {
    const wrong = [
      // @ts-expect-error -- 'to' is required
      call('deploy', deploy, { ...given, with: {} }),
      // @ts-expect-error -- 'too' is none
      call('deploy', deploy, { ...given, with: { to: 'dev', too: 'prod' } }),
      // @ts-expect-error -- 'count' is a number
      call('deploy', deploy, { ...given, with: { to: 'dev', count: 'many' } }),
      // @ts-expect-error -- 'KEY' is required
      call('deploy', deploy, { with: given.with }),
      call('deploy', deploy, {
        ...given,
        // @ts-expect-error -- 'KEYS' is none
        secrets: { KEY: '${{ github.token }}', KEYS: '${{ github.token }}' },
      }),
    ];
    expect(wrong.map((one) => problems({ deploy: { ...calling, ...one } }, {}, { deploy }))).toEqual([
      ["ship, job 'deploy': with: deploy requires 'to'"],
      [
        "ship, job 'deploy': with: deploy has no input 'too' (did you mean 'to'?); valid inputs: to, count, rehearse",
      ],
      ["ship, job 'deploy': with: deploy takes a number as 'count', got \"many\"; valid: a number"],
      ["ship, job 'deploy': secrets: deploy requires 'KEY'"],
      ["ship, job 'deploy': secrets: deploy has no secret 'KEYS' (did you mean 'KEY'?); valid secrets: KEY"],
    ]);
  });

  it('fails when there is no such workflow, it is not to be called, it gives no such output, or shares the group', () => {
    const to = (name: string): object => ({ ...calling, uses: `./.github/workflows/${name}.yml`, ...given });
    const others = { deploy, ship: { ...base, jobs: { build } } };
    expect(problems({ deploy: to('deplyo') }, {}, others)).toEqual([
      "ship, job 'deploy': uses: no workflow './.github/workflows/deplyo.yml' (did you mean './.github/workflows/deploy.yml'?); valid workflows: ./.github/workflows/deploy.yml",
    ]);
    expect(problems({ deploy: to('ship') }, {}, others)).toEqual([
      "ship, job 'deploy': uses: ship is not there to be called; valid: a workflow with on.workflow_call",
    ]);
    expect(
      problems(
        { deploy: to('deploy'), check: plain({ name: '${{ needs.deploy.outputs.ulr }}' }) },
        {},
        others,
      ),
    ).toEqual([
      "ship, job 'check': name: needs.deploy.outputs.ulr: no output of job 'deploy' is named 'ulr' (did you mean 'url'?); valid names: url",
    ]);
    expect(problems({ deploy: to('deploy') }, { concurrency: deploy.concurrency }, others)).toEqual([
      "ship, job 'deploy': concurrency: deploy has this workflow's group, 'deploy', and would wait for it; valid: another",
    ]);
    expect(problems({ deploy: { ...to('deploy'), 'runs-on': 'ubuntu-24.04' } }, {}, others)).toEqual([
      "ship, job 'deploy': no key 'runs-on'; valid keys: name, uses, with, secrets, permissions, needs, if, concurrency, strategy",
    ]);
  });
});
