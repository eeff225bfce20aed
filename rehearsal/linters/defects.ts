/** One mistake in one of our own files, and the rule that has to notice it. */
export interface Defect {
  readonly name: string;
  /** Below the root. */
  readonly file: string;
  /** Its first occurrence is replaced. @default nothing: the replacement is appended */
  readonly find?: string | RegExp;
  readonly replace: string;
  /** As `Finding.rule`. */
  readonly rule: string;
}

const workflow = (name: string): string => `.github/workflows/${name}.yml`;

export const DEFECTS: readonly Defect[] = [
  {
    name: 'an action at a tag that can be moved',
    file: workflow('plan'),
    find: /actions\/checkout@[0-9a-f]{40} # v[\d.]+/,
    replace: 'actions/checkout@v7',
    rule: 'zizmor unpinned-uses',
  },
  {
    name: "a stranger's text pasted into a script",
    file: workflow('rollback'),
    find: '"$TO"',
    replace: '"${{ inputs.to }}"',
    rule: 'zizmor template-injection',
  },
  {
    name: 'a token that stays in the checkout',
    file: workflow('plan'),
    find: 'persist-credentials: false',
    replace: 'persist-credentials: true',
    rule: 'zizmor artipacked',
  },
  {
    name: 'every permission for every job',
    file: workflow('drift'),
    find: 'permissions: {}',
    replace: 'permissions: write-all',
    rule: 'zizmor excessive-permissions',
  },
  {
    name: 'a permission without a reason',
    file: workflow('drift'),
    find: /id-token: write # .*/,
    replace: 'id-token: write',
    rule: 'zizmor undocumented-permissions',
  },
  {
    name: 'secrets for the code of strangers',
    file: workflow('plan'),
    find: '  pull_request:',
    replace: '  pull_request_target:',
    rule: 'zizmor dangerous-triggers',
  },
  {
    name: 'all secrets handed on to another workflow',
    file: workflow('drift'),
    replace: `
  handed:
    name: Handed on
    permissions: {}
    uses: ./.github/workflows/ci.yml
    secrets: inherit
`,
    rule: 'zizmor secrets-inherit',
  },
  {
    name: 'all secrets in one variable',
    file: workflow('drift'),
    find: '        run: npm ci',
    replace: '        env:\n          ALL: ${{ toJSON(secrets) }}\n        run: npm ci',
    rule: 'zizmor overprovisioned-secrets',
  },
  {
    name: 'a cache that anybody may have filled, in a release',
    file: workflow('apply'),
    find: /push:\n +branches:\n +- main([^]*?)package-manager-cache: false/,
    replace: 'release:\n    types:\n      - published$1cache: npm',
    rule: 'zizmor cache-poisoning',
  },
  {
    name: 'a runner of our own, which remembers what ran before',
    file: workflow('apply'),
    find: 'runs-on: ubuntu-24.04-arm',
    replace: 'runs-on: self-hosted',
    rule: 'zizmor self-hosted-runner',
  },
  {
    name: 'runs that do not know of each other',
    file: workflow('dependency-review'),
    find: /concurrency:\n(?: {2}.*\n)+/,
    replace: '',
    rule: 'zizmor concurrency-limits',
  },
  {
    name: 'a condition that anybody meets who names a branch well',
    file: workflow('codeql'),
    find: 'timeout-minutes: 20\n',
    replace: "timeout-minutes: 20\n    if: contains('refs/heads/main refs/heads/next', github.ref)\n",
    rule: 'zizmor unsound-contains',
  },
  {
    name: 'who last pushed, taken for who asks',
    file: workflow('ci'),
    find: 'timeout-minutes: 15\n',
    replace: "timeout-minutes: 15\n    if: github.actor == 'dependabot[bot]'\n",
    rule: 'zizmor bot-conditions',
  },
  {
    name: 'a variable that the shell takes apart',
    file: workflow('ci'),
    find: '--tag "$SERVICE_IMAGE"',
    replace: '--tag $SERVICE_IMAGE',
    rule: 'actionlint SC2086',
  },
  {
    name: 'a loop over what does not exist',
    file: workflow('plan'),
    find: 'run: npm ci',
    replace: 'run: for file in $(ls *.json); do cat "$file"; done',
    rule: 'actionlint SC2045',
  },
  {
    name: 'a job that waits for none of ours',
    file: workflow('ci'),
    find: '      - weaknesses\n',
    replace: '      - weakneses\n',
    rule: 'actionlint job-needs',
  },
  {
    name: 'an output that no job has',
    file: workflow('plan'),
    find: 'needs.affected.outputs.dev ',
    replace: 'needs.affected.outputs.dve ',
    rule: 'actionlint expression',
  },
  {
    name: 'a key that GitHub does not know',
    file: workflow('load-test'),
    find: 'timeout-minutes:',
    replace: 'timeout-minute:',
    rule: 'actionlint syntax-check',
  },
  {
    name: 'an input that the form does not have',
    file: workflow('rollback'),
    find: "inputs.environment == 'dev'",
    replace: "inputs.enviroment == 'dev'",
    rule: 'actionlint expression',
  },
  {
    name: 'a time that never comes',
    file: workflow('drift'),
    find: '17 5 * * 1-5',
    replace: '17 25 * * 1-5',
    rule: 'actionlint events',
  },
  {
    name: 'a runner that GitHub does not have',
    file: workflow('codeql'),
    find: 'ubuntu-24.04',
    replace: 'ubuntu-42.04',
    rule: 'actionlint runner-label',
  },
  {
    name: 'a condition that always holds',
    file: workflow('drift'),
    find: 'if: "!cancelled()"',
    replace: "if: ${{ !cancelled() }} && github.ref == 'refs/heads/main'",
    rule: 'actionlint if-cond',
  },
  {
    name: 'two steps of one name',
    file: workflow('apply'),
    find: 'id: push',
    replace: 'id: existing',
    rule: 'actionlint id',
  },
  {
    name: 'a base image that changes under its tag',
    file: 'services/api/Dockerfile',
    find: /FROM node:\S+/,
    replace: 'FROM node:latest',
    rule: 'hadolint DL3007',
  },
  {
    name: 'an image whose last user is root',
    file: 'services/api/Dockerfile',
    find: 'USER 10001:10001',
    replace: 'USER root',
    rule: 'hadolint DL3002',
  },
];
