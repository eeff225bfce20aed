import type { PinnedStep, RunStep } from '../model/workflow';
import { allowedEndpoints, type Need } from './egress';
import type { SignIn } from './project';

/** Steps that several workflows share. */

export const RUNNER = 'ubuntu-24.04';

/**
 * First in every job that signs in: from here on nothing is sent but where the job needs it. By StepSecurity's free tier it
 * holds in public repositories and on x86-64 alone; elsewhere the step says so in its log, and lets everything through:
 * https://github.com/step-security/harden-runner/issues/689
 * @param sudo whether the job needs it, or containers; who has it can end the guard
 */
export function restrictNetwork(needs: readonly Need[], hosts: readonly string[], sudo = false): PinnedStep {
  return {
    name: 'Restrict the network',
    uses: 'step-security/harden-runner',
    with: {
      'egress-policy': 'block',
      'allowed-endpoints': allowedEndpoints(needs, hosts),
      'disable-sudo-and-containers': !sudo,
      // What jobs do is nobody's business but ours.
      'disable-telemetry': true,
    },
  };
}

/** Not from forks: they get no credentials and no write token. */
export const FROM_THIS_REPOSITORY = 'github.event.pull_request.head.repo.full_name == github.repository';

export const checkout = {
  name: 'Check out',
  uses: 'actions/checkout',
  with: { 'persist-credentials': false },
} as const satisfies PinnedStep;

/** With every commit, and the files of the one that is checked out. */
export const withHistory = {
  ...checkout,
  with: { ...checkout.with, 'fetch-depth': 0, filter: 'blob:none' },
} as const satisfies PinnedStep;

/** Without a cache: one that a pull request filled must not reach a job that holds credentials. */
export const setupNode = {
  name: 'Set up Node',
  uses: 'actions/setup-node',
  with: { 'node-version': 24, 'package-manager-cache': false },
} as const satisfies PinnedStep;

export const install = { name: 'Install', run: 'npm ci' } as const satisfies RunStep;

export const setupTerraform = {
  name: 'Set up Terraform',
  uses: 'hashicorp/setup-terraform',
  with: { terraform_version: '1.11.4', terraform_wrapper: false },
} as const satisfies PinnedStep;

/** What every job begins with that runs one of our commands. */
export const prepared = [checkout, setupNode, install] as const;
/** What those steps need of the network. */
export const PREPARED_NEEDS = ['github', 'node', 'npm'] as const satisfies readonly Need[];

export const setupK6 = {
  name: 'Set up k6',
  uses: 'grafana/setup-k6-action',
  with: { 'k6-version': '1.1.0' },
} as const satisfies PinnedStep;

/** Where the roots lie that attestations are verified with. */
export const TRUSTED_ROOTS = 'trusted-roots.jsonl';

/** Those of sigstore's public instance, and of GitHub's own, which private repositories sign with. */
export const getTrustedRoots = {
  name: 'Get the roots of attestations',
  env: { GH_TOKEN: '${{ github.token }}' },
  run: `gh attestation trusted-root > ${TRUSTED_ROOTS}`,
} as const satisfies RunStep;

/** A cancelled command leaves it ending in order; what still runs when the job is over is killed. GitHub waits 5 minutes. */
export const letTerraformEnd = {
  name: 'Let terraform end',
  if: 'always()',
  run: [
    'ours() { find /proc -maxdepth 2 -name cwd \\( -lname "$PWD/cdktf.out/*" -o -lname "$PWD/.fairlead/rollback/*" \\) 2>/dev/null || true; }',
    'while [ -n "$(ours)" ]; do sleep 1; done',
  ].join('\n'),
} as const satisfies RunStep;

/** What a job that releases needs of the network, besides its environment. */
export const RELEASE_NEEDS = [
  'terraform',
  'k6',
  'roots of attestations',
  'read attestations',
] as const satisfies readonly Need[];

/** For every job that looks an attestation up. */
export const ATTESTATIONS_PERMISSION = { read: "to verify an image's attestation" } as const;

/** Assumes a role by OIDC. It stands after `npm ci`, so that no package's code is installed beside credentials. */
export function signIn({ account, region, roleArn }: SignIn): PinnedStep {
  return {
    name: 'Sign in to AWS',
    uses: 'aws-actions/configure-aws-credentials',
    with: { 'aws-region': region, 'role-to-assume': roleArn, 'allowed-account-ids': account },
  };
}

/** For every job that signs in. */
export const SIGN_IN_PERMISSION = { write: 'to sign in to AWS by OIDC' } as const;
