import type { GitHubIdentity } from '../config';
import { oidcSubject } from '../names';
import type { PolicyStatement } from './policy';

export const GITHUB_ISSUER = 'token.actions.githubusercontent.com';

export interface GitHubJob {
  /** Of the token's subject: `pull_request`, `ref:refs/heads/main`, `environment:dev`. */
  readonly contexts: readonly string[];
  /** Only jobs of this workflow file as it is on main, such as `apply.yml`. @default any workflow */
  readonly workflow?: string;
  /** Only jobs of this GitHub environment. @default as the contexts say */
  readonly environment?: string;
}

/**
 * Lets jobs of the repository assume a role. The subject alone is not enough: it says nothing of the workflow, and a
 * reused repository name would match it if its ids were not in it.
 * https://docs.github.com/en/actions/reference/security/oidc
 */
export function githubTrust(providerArn: string, github: GitHubIdentity, job: GitHubJob): PolicyStatement {
  const subjects = job.contexts.map((context) => oidcSubject(github, context));
  return {
    Effect: 'Allow',
    Principal: { Federated: providerArn },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: {
        [`${GITHUB_ISSUER}:aud`]: 'sts.amazonaws.com',
        [`${GITHUB_ISSUER}:sub`]: subjects,
        [`${GITHUB_ISSUER}:repository_id`]: String(github.repositoryId),
        ...(job.environment === undefined ? {} : { [`${GITHUB_ISSUER}:environment`]: job.environment }),
        ...(job.workflow === undefined
          ? {}
          : {
              [`${GITHUB_ISSUER}:job_workflow_ref`]: `${github.owner}/${github.repository}/.github/workflows/${job.workflow}@refs/heads/main`,
            }),
      },
    },
  };
}
