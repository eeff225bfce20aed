import { DATA_LOSS_LABEL } from '../comment/labels';
import { stepOutput, type Job, type Step, type Workflow } from '../model/workflow';
import type { Environment, Project } from './project';
import {
  checkout,
  FROM_THIS_REPOSITORY,
  install,
  PREPARED_NEEDS,
  restrictNetwork,
  RUNNER,
  setupNode,
  setupTerraform,
  SIGN_IN_PERMISSION,
  signIn,
} from './steps';

/** Any label starts this workflow, and only one means anything to it. */
const OTHER_LABEL = `contains(fromJSON('["labeled","unlabeled"]'), github.event.action) && github.event.label.name != '${DATA_LOSS_LABEL}'`;
/** A label can be given after the merge too: what would be planned then was reviewed by nobody. */
const IN_EARNEST = `github.event.pull_request.state == 'open' && !(${OTHER_LABEL})`;

export const plan = ({ environments }: Project): Workflow => ({
  name: 'plan',
  about: `
      Plans the stacks that a pull request affects and says the result in one comment and one commit status.
      The plan role trusts the subject of a pull request, which a job with an environment would not have: so these jobs
      have none. Pull requests from forks get no credentials and no plan, but a preview in the summary of the first job.`,
  on: {
    pull_request: {
      branches: ['main'],
      types: ['opened', 'synchronize', 'reopened', 'labeled', 'unlabeled'],
    },
  },
  // A label that means nothing must not cancel a plan that runs.
  concurrency: {
    group: `plan-\${{ github.ref }}-\${{ ${OTHER_LABEL} }}`,
    'cancel-in-progress': true,
  },
  jobs: {
    begin: {
      name: 'Begin',
      'runs-on': RUNNER,
      'timeout-minutes': 5,
      permissions: COMMENT_PERMISSIONS,
      if: `${FROM_THIS_REPOSITORY} && ${IN_EARNEST}`,
      steps: [
        checkout,
        setupNode,
        {
          name: 'Mark what is there as outdated',
          uses: './.github/actions/plan-comment',
          with: { phase: 'begin' },
        },
      ],
    },
    affected: affectedJob(environments),
    ...Object.fromEntries(environments.map((environment) => [jobId(environment), planJob(environment)])),
    comment: {
      name: 'Comment',
      'runs-on': RUNNER,
      'timeout-minutes': 10,
      permissions: COMMENT_PERMISSIONS,
      needs: ['begin', 'affected', ...environments.map(jobId)],
      // Also after a plan that failed: the comment says so.
      if: `!cancelled() && ${FROM_THIS_REPOSITORY} && ${IN_EARNEST}`,
      steps: [
        checkout,
        setupNode,
        ...environments.map(getPlans),
        {
          name: 'Comment on the pull request',
          // Also where plans were not left: the comment says of which stacks.
          if: '!cancelled()',
          uses: './.github/actions/plan-comment',
          with: {
            phase: 'report',
            stacks: '${{ needs.affected.outputs.stacks }}',
            removed: '${{ needs.affected.outputs.removed }}',
          },
        },
        {
          name: 'Keep what the comment was made from',
          // Also when the verdict is bad; then nobody takes it for a review.
          if: '!cancelled()',
          uses: 'actions/upload-artifact',
          with: { name: 'review', path: 'review.json', 'if-no-files-found': 'ignore', 'retention-days': 90 },
        },
      ],
    },
  },
});

const COMMENT_PERMISSIONS = {
  contents: 'read',
  'pull-requests': { write: 'to write the comment' },
  statuses: { write: 'to set the commit status' },
} as const;

const jobId = ({ name }: Environment): string => `plan-${name}`;

/** By its name: of a pattern, download-artifact gives a single artifact no folder of its own. */
function getPlans(environment: Environment): Step {
  const id = jobId(environment);
  return {
    name: `Get the plans of ${environment.name}`,
    if: `!cancelled() && needs.affected.outputs.${environment.name} == 'true'`,
    uses: 'actions/download-artifact',
    with: { name: id, path: `plans/${id}` },
  };
}

/** With the base beside the merge of both, which is what is planned. */
const checkoutBoth = { ...checkout, with: { ...checkout.with, 'fetch-depth': 2 } } as const;
const BASE = 'HEAD^1';

function affectedJob(environments: readonly Environment[]): Job {
  const compare = {
    id: 'compare',
    name: 'Compare with the base',
    run: `npm run --silent affected -- --base ${BASE} --github-output "$GITHUB_OUTPUT" | tee -a "$GITHUB_STEP_SUMMARY"`,
    outputs: ['stacks', 'removed', ...environments.map(({ name }) => name)],
  } as const satisfies Step;
  return {
    name: 'Affected stacks',
    'runs-on': RUNNER,
    'timeout-minutes': 10,
    permissions: { contents: 'read' },
    if: IN_EARNEST,
    outputs: Object.fromEntries(compare.outputs.map((name) => [name, stepOutput(compare, name)])),
    steps: [checkoutBoth, setupNode, install, compare],
  };
}

function planJob(environment: Environment): Job {
  const { name, plan: role, hosts } = environment;
  const id = jobId(environment);
  return {
    name: `Plan ${name}`,
    'runs-on': RUNNER,
    'timeout-minutes': 30,
    permissions: { contents: 'read', 'id-token': SIGN_IN_PERMISSION },
    needs: ['affected'],
    if: `${FROM_THIS_REPOSITORY} && needs.affected.outputs.${name} == 'true'`,
    steps: [
      restrictNetwork([...PREPARED_NEEDS, 'terraform'], hosts),
      checkoutBoth,
      setupNode,
      install,
      setupTerraform,
      signIn(role),
      { name: 'Plan', run: `npm run plan -- ${name} --base ${BASE} --results ${id}` },
      {
        name: 'Keep the plans',
        // A run of which one stack failed has a file that says which.
        if: '!cancelled()',
        uses: 'actions/upload-artifact',
        with: { name: id, path: id, 'if-no-files-found': 'warn', 'retention-days': 90 },
      },
    ],
  };
}
