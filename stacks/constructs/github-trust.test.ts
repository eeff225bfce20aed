import { githubTrust } from './github-trust';

const github = { owner: 'acme', ownerId: 7, repository: 'ship', repositoryId: 42 };

test('any workflow of the repository, unless one is named', () => {
  expect(githubTrust('arn:github', github, { contexts: ['pull_request'] })).toEqual({
    Effect: 'Allow',
    Principal: { Federated: 'arn:github' },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition: {
      StringEquals: {
        'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com',
        'token.actions.githubusercontent.com:sub': ['repo:acme@7/ship@42:pull_request'],
        'token.actions.githubusercontent.com:repository_id': '42',
      },
    },
  });
});

test.each([
  [undefined, 'repo:acme@7/ship@42:pull_request'],
  ['immutable', 'repo:acme@7/ship@42:pull_request'],
  ['name', 'repo:acme/ship:pull_request'],
] as const)(
  'where the subject is %s it is %s, and the repository is known by its id as well',
  (subject, expected) => {
    const given = subject === undefined ? github : { ...github, subject };
    const { Condition } = githubTrust('arn:github', given, { contexts: ['pull_request'] });
    expect(Condition?.StringEquals).toMatchObject({
      'token.actions.githubusercontent.com:sub': [expected],
      'token.actions.githubusercontent.com:repository_id': '42',
    });
  },
);

test('a named workflow counts as it is on main only', () => {
  const { Condition } = githubTrust('arn:github', github, {
    contexts: ['environment:dev'],
    environment: 'dev',
    workflow: 'apply.yml',
  });
  expect(Condition?.StringEquals).toMatchObject({
    'token.actions.githubusercontent.com:environment': 'dev',
    'token.actions.githubusercontent.com:job_workflow_ref':
      'acme/ship/.github/workflows/apply.yml@refs/heads/main',
  });
});
