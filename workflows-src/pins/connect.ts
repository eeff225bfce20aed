import { request } from '@octokit/request';

import { Lookup, type LookupOptions } from './lookup';

/**
 * GitHub's public API, or the one that `GITHUB_API_URL` names; as the owner of `GITHUB_TOKEN`, or as anybody.
 * @throws Error when that is no address
 */
export function connectLookup(env: NodeJS.ProcessEnv, options: LookupOptions = {}): Lookup {
  const { GITHUB_API_URL: baseUrl = 'https://api.github.com', GITHUB_TOKEN: token = '' } = env;
  if (!/^https?:\/\//.test(baseUrl) || !URL.canParse(baseUrl))
    throw new Error(`GITHUB_API_URL: got '${baseUrl}'; valid: an address such as https://api.github.com`);
  return new Lookup(
    request.defaults({
      baseUrl,
      headers: {
        'x-github-api-version': '2022-11-28',
        ...(token !== '' && { authorization: `token ${token}` }),
      },
    }),
    options,
  );
}
