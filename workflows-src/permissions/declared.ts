import type { ActionName } from '../model/pinned';
import type { CallName } from './calls';

type With = Readonly<Record<string, unknown>>;
type Declared = readonly CallName[] | ((given: With) => readonly CallName[]);

/** What each third-party action asks of GitHub with the job's token, as its own documentation says. */
export const CALLS_OF_PINNED: Readonly<Record<ActionName, Declared>> = {
  'actions/attest': ({ 'push-to-registry': push, 'create-storage-record': record }) => [
    'GET an OIDC token',
    'POST /repos/{owner}/{repo}/attestations',
    ...(push === true && record !== false ? (['POST artifact metadata storage records'] as const) : []),
  ],
  'actions/checkout': ['git fetch'],
  'actions/dependency-review-action': ({ 'comment-summary-in-pr': comment = 'never' }) => [
    'GET /repos/{owner}/{repo}/dependency-graph/compare/{basehead}',
    ...(comment === 'never'
      ? []
      : ([
          'GET comments of a pull request',
          'POST a comment on a pull request',
          'PATCH a comment on a pull request',
        ] as const)),
  ],
  // Of its own run it has the runner's token; of another run it has the job's.
  'actions/download-artifact': ({ 'run-id': run }) =>
    run === undefined
      ? []
      : [
          'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts',
          'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}',
        ],
  // The token is for the rate limit of a public repository.
  'actions/setup-node': [],
  'actions/upload-artifact': [],
  'aws-actions/amazon-ecr-login': [],
  'aws-actions/configure-aws-credentials': ({ 'aws-access-key-id': key }) =>
    key === undefined ? ['GET an OIDC token'] : [],
  'github/codeql-action/analyze': ({ upload = 'always' }) => [
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}',
    ...(upload === 'never' ? [] : (['POST /repos/{owner}/{repo}/code-scanning/sarifs'] as const)),
  ],
  'github/codeql-action/init': [
    'GET the repository’s files',
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}',
  ],
  'github/codeql-action/upload-sarif': [
    'GET /repos/{owner}/{repo}/actions/runs/{run_id}',
    'POST /repos/{owner}/{repo}/code-scanning/sarifs',
  ],
  'grafana/setup-k6-action': [],
  'hashicorp/setup-terraform': [],
  'ossf/scorecard-action': ({ publish_results: publish = false }) => [
    'GET the repository’s files',
    'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs',
    ...(publish === false || publish === 'false' ? [] : (['GET an OIDC token'] as const)),
  ],
  'step-security/harden-runner': ({ policy, 'use-policy-store': store = false }) =>
    policy === undefined && store === false ? [] : ['GET an OIDC token'],
};

/** What commands ask of GitHub, where a step gives them its token. */
export const CALLS_OF_COMMANDS: readonly { readonly command: RegExp; readonly calls: readonly CallName[] }[] =
  [
    {
      command: /(?:main\.ts|npm run(?: --silent)?) (?:apply|rollback)\b/,
      calls: ['GET /repos/{owner}/{repo}/attestations/{subject_digest}'],
    },
    // Of sigstore's public repository of roots: nothing of this one.
    { command: /\bgh attestation trusted-root\b/, calls: [] },
  ];
