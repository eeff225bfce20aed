import { skipsAsHcl, skipsOf, skipsOfSubjects } from './skips';

const configuration = {
  resource: {
    aws_s3_bucket: {
      log: { '//': { metadata: {}, checkov: { CKV_AWS_144: 'One region', CKV_AWS_145: 'Own key of S3' } } },
      plain: { '//': { metadata: {} }, bucket: 'plain' },
    },
    aws_lb_target_group: { targets: { '//': { checkov: { CKV_AWS_378: 'TLS ends before it' } } } },
  },
};

test('skips are read from beside the resources, and become the comments that checkov looks for', () => {
  expect(skipsAsHcl(skipsOf(configuration))).toBe(`resource "aws_s3_bucket" "log" {
  # checkov:skip=CKV_AWS_144:One region
  # checkov:skip=CKV_AWS_145:Own key of S3
}

resource "aws_lb_target_group" "targets" {
  # checkov:skip=CKV_AWS_378:TLS ends before it
}
`);
});

test('a resource that stands in two stacks under one name is said once, as checkov joins by name', () => {
  const skips = skipsOf(configuration);
  expect(skipsAsHcl([...skips, ...skips])).toBe(skipsAsHcl(skips));
});

test('a stack without resources skips nothing', () => {
  expect(skipsOf({ terraform: {} })).toEqual([]);
});

test('the roles whose subject checkov cannot read are those that GitHub assumes, and no other', () => {
  const trust = (condition: object): { assume_role_policy: string } => ({
    assume_role_policy: JSON.stringify({ Statement: [{ Condition: { StringEquals: condition } }] }),
  });
  const aws_iam_role = {
    'dev-plan': trust({ 'token.actions.githubusercontent.com:sub': ['repo:acme@1/app@2:pull_request'] }),
    monitoring: trust({ 'aws:SourceAccount': '111111111111' }),
  };
  expect(skipsOfSubjects({ resource: { aws_iam_role } })).toEqual([
    { id: 'CKV_AWS_393', type: 'aws_iam_role', name: 'dev-plan', reason: expect.any(String) as string },
  ]);
  expect(skipsOfSubjects({ resource: {} })).toEqual([]);
});
