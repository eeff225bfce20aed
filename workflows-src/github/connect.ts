import { request } from '@octokit/request';

import type { GitHub } from './github';
import { restGitHub } from './rest';

/**
 * GitHub as a workflow's job sees it: the repository of the run, by the API's address that the runner says.
 * The request library alone, because with all of octokit each bundle would be twice as large.
 * @throws Error when the environment is not that of a workflow
 */
export function connect(token: string, env: NodeJS.ProcessEnv): GitHub {
  if (token === '') throw new Error('token: got nothing; valid: a token of this repository');
  const [owner, repo] = (env.GITHUB_REPOSITORY ?? '').split('/');
  if (!owner || !repo) throw new Error('GITHUB_REPOSITORY is not set: this runs in a workflow');
  const authorized = request.defaults({
    baseUrl: env.GITHUB_API_URL ?? 'https://api.github.com',
    headers: { authorization: `token ${token}` },
  });
  return restGitHub(authorized, { owner, repo });
}

/**
 * The same for one of our commands, which gets its token from the environment of its step.
 * @throws Error when the environment is not that of such a step
 */
export function connectCommand(env: NodeJS.ProcessEnv): GitHub {
  const { GITHUB_TOKEN: token = '' } = env;
  if (token === '') {
    throw new Error(
      'GITHUB_TOKEN is not set: in a workflow, give the step `env: GITHUB_TOKEN: ${{ github.token }}`; elsewhere, a token ' +
        'of yours and GITHUB_REPOSITORY=<owner>/<name>',
    );
  }
  return connect(token, env);
}
