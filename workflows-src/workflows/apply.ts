import { stepOutput, type Job, type Runner, type Step, type Workflow } from '../model/workflow';
import { applyMinutes } from './minutes';
import type { Architecture, Environment, Project, ServiceImage } from './project';
import {
  ATTESTATIONS_PERMISSION,
  getTrustedRoots,
  install,
  letTerraformEnd,
  prepared,
  PREPARED_NEEDS,
  RELEASE_NEEDS,
  restrictNetwork,
  RUNNER,
  setupK6,
  setupNode,
  setupTerraform,
  SIGN_IN_PERMISSION,
  signIn,
  TRUSTED_ROOTS,
  withHistory,
} from './steps';

export const apply = (project: Project): Workflow => ({
  name: 'apply',
  about: `
      On a merge: builds the image of each service whose inputs changed, once, and goes through the environments in order
      with its digest: applies what was reviewed, and releases the image on the way. A service that did not change keeps the
      image that was released last.
      Nothing is applied that was not in the plan of a merged pull request, or approved by hand: a run that stopped prints
      what to approve.
      Runs wait for each other, in the order of the merges: an older commit is never applied after a newer one. An
      environment has a queue of its own besides, for whatever else writes to it.`,
  on: {
    push: { branches: ['main'] },
    workflow_dispatch: {
      inputs: {
        approve: {
          description:
            'Digests that a stopped apply has printed, separated by commas; empty to go on after a failure',
          required: false,
          type: 'string',
        },
        release: {
          description:
            'Release the newest image of each service, also one that was rolled back; build what is missing',
          required: false,
          type: 'boolean',
          default: false,
        },
      },
    },
  },
  concurrency: { group: 'apply', 'cancel-in-progress': false, queue: 'max' },
  jobs: {
    changes: changesJob(project),
    ...Object.fromEntries(project.services.map((service) => [buildId(service), buildJob(service, project)])),
    ...Object.fromEntries(
      project.environments.map((environment, index) => [applyId(environment), applyJob(index, project)]),
    ),
  },
});

const buildId = ({ name }: ServiceImage): string => `build-${name}`;
const applyId = ({ name }: Environment): string => `apply-${name}`;

function changesJob({ services }: Project): Job {
  const changed = {
    id: 'changed',
    name: 'Compare with the push before',
    uses: './.github/actions/changed-services',
    with: {
      services: services.map(({ name }) => name).join(','),
      // By hand nothing is new: what was pushed was built, or is to be built by that push's run again.
      before: '${{ github.event.before || github.sha }}',
      after: '${{ github.sha }}',
    },
  } as const satisfies Step;
  return {
    name: 'Changed services',
    'runs-on': RUNNER,
    'timeout-minutes': 5,
    permissions: { contents: 'read' },
    outputs: { services: stepOutput(changed, 'services'), tags: stepOutput(changed, 'tags') },
    steps: [withHistory, setupNode, changed],
  };
}

function buildJob(service: ServiceImage, { registry, architecture }: Project): Job {
  const tag = `\${{ fromJSON(needs.changes.outputs.tags).${service.name} }}`;
  // Immutable, and given only to what was tested and attested: where it is, there is nothing left to do.
  const existing = {
    id: 'existing',
    name: 'Look for the image',
    env: { REPOSITORY: service.repository, TAG: tag },
    run: [
      'digest=$(aws ecr batch-get-image --repository-name "$REPOSITORY" --image-ids "imageTag=$TAG" \\',
      "  --query 'images[0].imageId.imageDigest' --output text)",
      'echo "digest=${digest#None}" >> "$GITHUB_OUTPUT"',
    ].join('\n'),
    outputs: ['digest'],
  } as const satisfies Step;
  const missing = `steps.${existing.id}.outputs.digest == ''`;
  const candidate = 'candidate-${{ github.run_id }}-${{ github.run_attempt }}';
  const push = {
    id: 'push',
    name: 'Build, try and push',
    if: missing,
    env: { CANDIDATE: `${service.url}:${candidate}` },
    // Tried as it will run, before anything leaves this machine.
    run: `npm run --silent image -- ${service.name} --tag "$CANDIDATE" --push --sbom sbom.json --github-output "$GITHUB_OUTPUT"`,
    outputs: ['digest'],
  } as const satisfies Step;
  const subject = { 'subject-name': service.url, 'subject-digest': stepOutput(push, 'digest') };
  return {
    name: `Build ${service.name}`,
    'runs-on': BUILDS_ON[architecture],
    'timeout-minutes': 30,
    permissions: {
      attestations: { write: 'to attest what was built from what' },
      contents: 'read',
      'id-token': SIGN_IN_PERMISSION,
    },
    needs: ['changes'],
    // By hand nothing is released unless that is asked for: what was rolled back stays so.
    if: `inputs.release || contains(fromJSON(needs.changes.outputs.services), '${service.name}')`,
    // The digest alone: GitHub drops an output that holds a masked account number.
    outputs: { digest: '${{ steps.existing.outputs.digest || steps.push.outputs.digest }}' },
    steps: [
      // Docker is needed, and who has docker has sudo.
      restrictNetwork([...PREPARED_NEEDS, 'apt', 'base images', 'sign attestations'], registry.hosts, true),
      // With its history: the image's time is that of the commit that changed it last.
      withHistory,
      setupNode,
      install,
      signIn(registry),
      existing,
      {
        name: 'PostgreSQL for the tests',
        if: missing,
        // Not every runner's image has one.
        run: 'ls /usr/lib/postgresql/*/bin/postgres || { sudo apt-get update && sudo apt-get install --yes --no-install-recommends postgresql; }',
      },
      {
        name: 'Unit tests',
        if: missing,
        env: WITHOUT_CREDENTIALS,
        // Without what the rehearsals need.
        run: `npx jest services/${service.name} --globalSetup=`,
      },
      { name: 'Sign in to the registry', if: missing, uses: 'aws-actions/amazon-ecr-login' },
      push,
      {
        name: 'Attest its origin',
        if: missing,
        uses: 'actions/attest',
        with: subject,
      },
      {
        name: 'Attest its contents',
        if: missing,
        uses: 'actions/attest',
        with: { ...subject, 'sbom-path': 'sbom.json' },
      },
      {
        name: 'Name it after the commit',
        if: missing,
        env: { REPOSITORY: service.repository, DIGEST: stepOutput(push, 'digest'), TAG: tag },
        // With its type, which a manifest need not hold itself: ECR guesses it then, and refuses some.
        run: [
          'stored() { aws ecr batch-get-image --repository-name "$REPOSITORY" --image-ids "imageDigest=$DIGEST" --query "images[0].$1" --output text; }',
          'manifest=$(stored imageManifest)',
          'type=$(stored imageManifestMediaType)',
          'aws ecr put-image --repository-name "$REPOSITORY" --image-tag "$TAG" --image-digest "$DIGEST" \\',
          '  --image-manifest "$manifest" --image-manifest-media-type "$type" > "$RUNNER_TEMP/put-image.json"',
        ].join('\n'),
      },
    ],
  };
}

/** Code of packages gets none: empty is as good as absent to the AWS SDK. */
const WITHOUT_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: '',
  AWS_SECRET_ACCESS_KEY: '',
  AWS_SESSION_TOKEN: '',
} as const;

/** Built where it is native: emulation takes ten times as long. */
const BUILDS_ON: Readonly<Record<Architecture, Runner>> = {
  arm64: 'ubuntu-24.04-arm',
  x86_64: 'ubuntu-24.04',
};

function applyJob(index: number, { environments, services }: Project): Job {
  const environment = environments[index] as Environment;
  const before = environments.slice(0, index).slice(-1).map(applyId);
  const builds = services.map(buildId);
  const reviews = {
    id: 'reviews',
    name: 'Find what was reviewed',
    uses: './.github/actions/find-reviews',
    with: {
      environment: environment.name,
      applied: 'last-applied.json',
      output: 'reviews.json',
      before: '${{ github.event.before }}',
    },
  } as const satisfies Step;
  return {
    name: `Apply ${environment.name}`,
    'runs-on': RUNNER,
    'timeout-minutes': applyMinutes(services.length),
    permissions: {
      actions: { read: 'to find the plan runs of merged pull requests' },
      attestations: ATTESTATIONS_PERMISSION,
      contents: 'read',
      'id-token': SIGN_IN_PERMISSION,
      'pull-requests': { write: 'to say there what became of them' },
    },
    needs: ['changes', ...builds, ...before],
    // Spelled out, because a skipped build is as good as a successful one, and nothing else is.
    if: [
      '!cancelled()',
      ...['changes', ...before].map((id) => `needs.${id}.result == 'success'`),
      ...builds.map((id) => `contains(fromJSON('["success","skipped"]'), needs.${id}.result)`),
    ].join(' && '),
    environment: environment.name,
    concurrency: { group: `apply-${environment.name}`, 'cancel-in-progress': false, queue: 'max' },
    steps: [
      restrictNetwork([...PREPARED_NEEDS, ...RELEASE_NEEDS], environment.hosts),
      ...prepared,
      setupTerraform,
      setupK6,
      { ...getTrustedRoots, if: services.map(isBuilt).join(' || ') },
      signIn(environment.apply),
      {
        name: 'Find when each stack was applied',
        run: `npm run --silent apply -- ${environment.name} --last-applied last-applied.json`,
      },
      reviews,
      {
        name: 'Apply',
        env: {
          APPROVE: '${{ inputs.approve }}',
          // By hand all is looked at; on a merge what is configured as it was last applied is left alone.
          EVERYTHING: "${{ github.event_name == 'workflow_dispatch' && 'yes' || '' }}",
          GITHUB_TOKEN: '${{ github.token }}',
          ...Object.fromEntries(services.map((service) => [digestOf(service), builtDigest(service)])),
        },
        // In place of the shell and without npm: GitHub signals the first process of a step alone, and neither hands it on.
        run: [
          `exec node -r tsx/cjs workflows-src/cli/main.ts apply ${environment.name} --reviews reviews.json --report report.json`,
          `--trusted-roots ${TRUSTED_ROOTS} \${EVERYTHING:+--everything} \${APPROVE:+--approve "$APPROVE"}`,
          ...services.map(imageOption),
        ].join(' '),
      },
      letTerraformEnd,
      {
        name: 'Tell the pull requests',
        // Most of all when it was stopped.
        if: 'always()',
        uses: './.github/actions/apply-comment',
        with: {
          environment: environment.name,
          report: 'report.json',
          pulls: stepOutput(reviews, 'pulls'),
        },
      },
    ],
  };
}

const digestOf = ({ name }: ServiceImage): string => `${name.toUpperCase()}_DIGEST`;

/**
 * As a condition, whether there is a digest to release; as a value, that digest. Empty where the service was not built; GitHub
 * says that of a skipped job's outputs too, act does not.
 */
function isBuilt(service: ServiceImage): string {
  const job = `needs.${buildId(service)}`;
  return `${job}.result == 'success' && ${job}.outputs.digest`;
}

function builtDigest(service: ServiceImage): string {
  return `\${{ ${isBuilt(service)} || '' }}`;
}

/** Nothing where the service was not built: the command then finds the image that is deployed. */
function imageOption(service: ServiceImage): string {
  const digest = digestOf(service);
  return `\${${digest}:+--image "${service.name}=${service.url}@$${digest}"}`;
}
