/** A permission of a job's `GITHUB_TOKEN`, such as `['pull-requests', 'write']`. */
export type Permission = readonly [scope: string, access: 'read' | 'write'];

export interface Call {
  /** One of these is enough; write includes read. Empty: every token may. */
  readonly needs: readonly Permission[];
  /** Where GitHub, or who makes the call, says so. */
  readonly source: string;
}

const REST = 'https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps';
const OIDC = 'https://docs.github.com/en/actions/reference/security/oidc#workflow-settings';

/** What steps ask of GitHub, and the permission that it is refused without. A private repository is meant: a public one gives more. */
export const CALLS = {
  'git fetch': {
    needs: [['contents', 'read']],
    source: 'https://github.com/actions/checkout#recommended-permissions',
  },
  'GET /repos/{owner}/{repo}': { needs: [], source: REST },
  'GET /repos/{owner}/{repo}/compare/{basehead}': { needs: [['contents', 'read']], source: REST },
  'GET /repos/{owner}/{repo}/pulls': { needs: [['pull-requests', 'read']], source: REST },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': { needs: [['pull-requests', 'read']], source: REST },
  // Of a pull request: of an issue that is none, pull-requests is not enough.
  'GET comments of a pull request': {
    needs: [
      ['pull-requests', 'read'],
      ['issues', 'read'],
    ],
    source: REST,
  },
  'POST a comment on a pull request': {
    needs: [
      ['pull-requests', 'write'],
      ['issues', 'write'],
    ],
    source: REST,
  },
  'PATCH a comment on a pull request': {
    needs: [
      ['pull-requests', 'write'],
      ['issues', 'write'],
    ],
    source: REST,
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/status': { needs: [['statuses', 'read']], source: REST },
  'POST /repos/{owner}/{repo}/statuses/{sha}': { needs: [['statuses', 'write']], source: REST },
  'GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs': {
    needs: [['actions', 'read']],
    source: REST,
  },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}': { needs: [['actions', 'read']], source: REST },
  'GET /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts': { needs: [['actions', 'read']], source: REST },
  'GET /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}': {
    needs: [['actions', 'read']],
    source: REST,
  },
  'GET /repos/{owner}/{repo}/attestations/{subject_digest}': {
    needs: [['attestations', 'read']],
    source: REST,
  },
  'POST /repos/{owner}/{repo}/attestations': { needs: [['attestations', 'write']], source: REST },
  'POST artifact metadata storage records': {
    needs: [['artifact-metadata', 'write']],
    source: 'https://github.com/actions/attest#usage',
  },
  'GET /repos/{owner}/{repo}/issues': { needs: [['issues', 'read']], source: REST },
  'POST /repos/{owner}/{repo}/issues': { needs: [['issues', 'write']], source: REST },
  'PATCH /repos/{owner}/{repo}/issues/{issue_number}': { needs: [['issues', 'write']], source: REST },
  'GET comments of an issue': { needs: [['issues', 'read']], source: REST },
  'POST a comment on an issue': { needs: [['issues', 'write']], source: REST },
  'GET an OIDC token': { needs: [['id-token', 'write']], source: OIDC },
  'GET /repos/{owner}/{repo}/dependency-graph/compare/{basehead}': {
    needs: [['contents', 'read']],
    source: REST,
  },
  'POST /repos/{owner}/{repo}/code-scanning/sarifs': { needs: [['security-events', 'write']], source: REST },
  'GET the repository’s files': { needs: [['contents', 'read']], source: REST },
} as const satisfies Readonly<Record<string, Call>>;

export type CallName = keyof typeof CALLS;
