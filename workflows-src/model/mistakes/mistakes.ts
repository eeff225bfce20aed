/**
 * Mistakes that reached somebody's main branch, each in a workflow that has nothing else wrong (the file of the same
 * name), and what is said of it before any YAML is written. The first eight are the ones that generators are compared by;
 * the others come from issue trackers.
 */
export interface Mistake {
  readonly file: string;
  readonly title: string;
  /** Where somebody made it, of those that are not of the eight. */
  readonly threads: readonly string[];
  /** What is wrong, and what stands there once it is mended. */
  readonly mend: readonly [wrong: string, right: string];
  /** What `tsc` prints, with the place; left out where the compiler cannot see it. */
  readonly compiler?: string;
  /** What the generator prints. */
  readonly generator: string;
}

export const MISTAKES: readonly Mistake[] = [
  {
    file: '01-input-name',
    title: 'an input that the action does not have',
    threads: [],
    mend: ["'fetch-dept'", "'fetch-depth'"],
    compiler:
      "01-input-name.ts(16,49): error TS2353: Object literal may only specify known properties, and ''fetch-dept'' does not exist in type 'InputsOf<\"actions/checkout\">'.",
    generator:
      "ship, job 'build', step 'Check out': with: actions/checkout has no input 'fetch-dept' (did you mean 'fetch-depth'?); valid inputs: repository, ref, token, ssh-key, ssh-known-hosts, ssh-strict, ssh-user, persist-credentials, path, clean, filter, sparse-checkout, sparse-checkout-cone-mode, fetch-depth, fetch-tags, show-progress, lfs, submodules, set-safe-directory, github-server-url, allow-unsafe-pr-checkout",
  },
  {
    file: '02-output-name',
    title: 'an output that the action does not have',
    threads: [],
    mend: ["'bundle-pth'", "'bundle-path'"],
    compiler:
      '02-output-name.ts(12,45): error TS2345: Argument of type \'"bundle-pth"\' is not assignable to parameter of type \'"attestation-id" | "attestation-url" | "bundle-path" | "storage-record-ids"\'.',
    generator:
      "ship, job 'build': outputs.bundle: steps.attest.outputs.bundle-pth: no output of step 'attest' is named 'bundle-pth' (did you mean 'bundle-path'?); valid names: attestation-id, attestation-url, bundle-path, storage-record-ids",
  },
  {
    file: '03-needs-unknown-job',
    title: '`needs` of a job that does not exist',
    threads: ['https://github.com/scientific-python/cookie/issues/281'],
    mend: ["'buidl'", "'build'"],
    compiler:
      '03-needs-unknown-job.ts(10,47): error TS2820: Type \'"buidl"\' is not assignable to type \'"build" | "deploy"\'. Did you mean \'"build"\'?',
    generator: "ship, job 'deploy': needs: no job 'buidl' (did you mean 'build'?); valid jobs: build",
  },
  {
    file: '04-step-of-another-job',
    title: 'a job output taken from a step of another job',
    threads: [],
    mend: ['steps.attest.outputs.bundle-path', 'needs.build.outputs.bundle'],
    generator:
      "ship, job 'deploy': outputs.bundle: steps.attest.outputs.bundle-path: no earlier step of this job has the id 'attest' (job 'build' has one: make it an output of that job); valid ids: none",
  },
  {
    file: '05-step-without-id',
    title: 'an output of a step without an id',
    threads: [],
    mend: ["{ name: 'Attest'", "{ id: 'attest', name: 'Attest'"],
    compiler:
      "05-step-without-id.ts(14,37): error TS2345: Argument of type '{ readonly name: \"Attest\"; readonly uses: \"actions/attest\"; readonly with: { readonly 'subject-path': \"app.tgz\"; }; }' is not assignable to parameter of type '{ readonly id: string; }'.\n  Property 'id' is missing in type '{ readonly name: \"Attest\"; readonly uses: \"actions/attest\"; readonly with: { readonly 'subject-path': \"app.tgz\"; }; }' but required in type '{ readonly id: string; }'.",
    generator:
      "ship, job 'build': outputs.bundle: steps.undefined.outputs.bundle-path: no earlier step of this job has the id 'undefined'; valid ids: none",
  },
  {
    file: '06-job-key',
    title: 'a misspelt key of a job',
    threads: [],
    mend: ['enviroment', 'environment'],
    compiler:
      "06-job-key.ts(14,7): error TS2561: Object literal may only specify known properties, but 'enviroment' does not exist in type 'Job<\"build\">'. Did you mean to write 'environment'?",
    generator:
      "ship, job 'build': no key 'enviroment' (did you mean 'environment'?); valid keys: name, runs-on, timeout-minutes, permissions, needs, if, environment, concurrency, strategy, outputs, env, steps",
  },
  {
    file: '07-dispatch-input',
    title: 'a misspelt input of `workflow_dispatch`',
    threads: [],
    mend: ['inputs.enviroment', 'inputs.environment'],
    generator:
      "ship, job 'deploy': if: inputs.enviroment: no input of workflow_dispatch is named 'enviroment' (did you mean 'environment'?); valid names: environment",
  },
  {
    file: '08-job-not-in-needs',
    title: 'an output of a job that is not in `needs`',
    threads: ['https://github.com/liatrio/gratibot/pull/59'],
    mend: ["needs: ['test']", "needs: ['build', 'test']"],
    generator:
      "ship, job 'deploy': env.BUNDLE: needs.build.outputs.bundle: no job in needs is named 'build' (add it, or leave needs out, which is then inferred); valid names: test",
  },
  {
    file: '09-text-around-braces',
    title: 'a condition with text around its braces',
    threads: [
      'https://github.com/seed4j/seed4j/pull/10957',
      'https://github.com/rhysd/actionlint/issues/272',
    ],
    mend: ['${{ github.ref }} ==', 'github.ref =='],
    generator:
      "ship, job 'deploy', step 'Deploy': if: '${{ github.ref }} == 'refs/heads/main'' is always true, because it is a text around ${{ }}; valid: the whole condition, without ${{ }}",
  },
  {
    file: '10-secret-in-condition',
    title: 'a secret in a condition',
    threads: ['https://github.com/zio/zio-sbt/pull/769'],
    mend: ['if: "secrets.APP_KEY', 'if: "env.APP_KEY'],
    generator:
      "ship, job 'notify', step 'Notify': if: secrets.APP_KEY: no context 'secrets' here (give the secret to env of the job, and read env); valid contexts: github, needs, strategy, matrix, vars, inputs, job, runner, env, steps",
  },
  {
    file: '11-output-without-outputs',
    title: 'an output of a step without `.outputs`',
    threads: ['https://github.com/cdktf/cdktf-provider-project/pull/269'],
    mend: ['steps.attest.bundle-path', 'steps.attest.outputs.bundle-path'],
    generator:
      "ship, job 'build', step 'Show': env.BUNDLE: steps.attest.bundle-path: no property of steps.attest is named 'bundle-path' (did you mean 'steps.attest.outputs.bundle-path'?); valid names: outputs, outcome, conclusion",
  },
  {
    file: '12-input-of-called-workflow',
    title: 'an input that the called workflow does not have',
    threads: [
      'https://github.com/github/gh-aw/issues/40089',
      'https://github.com/rhysd/actionlint/issues/179',
    ],
    mend: [", payload: '{}'", ''],
    compiler:
      '12-input-of-called-workflow.ts(21,58): error TS2353: Object literal may only specify known properties, and \'payload\' does not exist in type \'CallWith<{ readonly target: { readonly description: "Where"; readonly type: "string"; readonly required: true; }; }>\'.',
    generator: "ship, job 'release': with: deploy has no input 'payload'; valid inputs: target",
  },
  {
    file: '13-call-grants-too-little',
    title: 'a call that grants less than the called job asks for',
    threads: [
      'https://github.com/canonical/authd/issues/1528',
      'https://github.com/microsoft/hve-core/issues/2407',
    ],
    mend: ["packages: { read: 'to push the image' }", "packages: { write: 'to push the image' }"],
    generator:
      "ship, job 'release': permissions: job 'image' of publish asks for packages: write, and this call has packages: read; valid: packages: write",
  },
  {
    file: '14-event-of-called-workflow',
    title: 'a called workflow that looks for the event `workflow_call`',
    threads: ['https://github.com/actions/runner/issues/3146', 'https://github.com/Expensify/App/pull/89246'],
    mend: ["!= 'workflow_call'", "== 'push'"],
    generator:
      "ship, job 'cleanup': if: github.event_name: is never 'workflow_call', because a called workflow sees its caller's event; valid values: push, pull_request, merge_group, branch_protection_rule, release, schedule, workflow_dispatch",
  },
  {
    file: '15-boolean-as-text',
    title: 'a boolean input compared with a text',
    threads: ['https://github.com/actions/runner/issues/1483'],
    mend: ["inputs.rehearse != 'true'", '!inputs.rehearse'],
    generator:
      "ship, job 'deploy': if: inputs.rehearse: is true or false, and never the text 'true'; valid: inputs.rehearse, or !inputs.rehearse",
  },
  {
    file: '16-time-of-schedule',
    title: 'a time of a schedule that GitHub does not take',
    threads: [
      'https://github.com/upptime/upptime/issues/94',
      'https://github.com/osbuild/image-builder-frontend/pull/421',
    ],
    mend: ['@daily', '17 5 * * *'],
    generator:
      "ship: on.schedule: got '@daily'; valid: five fields (minute, hour, day of the month, month, day of the week), such as '17 5 * * 1-5'",
  },
];
