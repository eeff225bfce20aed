import { statementsOf } from '../test-policy';
import { ownBucketsAndImagesOnly, ownPrincipalsOnly } from './endpoint-policies';

const where = { account: '222222222222', region: 'eu-west-1' };

test('by an interface endpoint go principals of the account, to resources of any', () => {
  expect(statementsOf(ownPrincipalsOnly('ecr', where))).toEqual([
    {
      Sid: 'OwnPrincipals',
      Effect: 'Allow',
      Principal: '*',
      Action: 'ecr:*',
      Resource: '*',
      Condition: { StringEquals: { 'aws:PrincipalAccount': '222222222222' } },
    },
  ]);
});

test('to S3 they go to buckets of the account, and from anybody AWS takes reads of image layers and packages alone', () => {
  const [own, ...ofAws] = statementsOf(ownBucketsAndImagesOnly(where));
  expect(own).toMatchObject({
    Effect: 'Allow',
    Action: 's3:*',
    Condition: {
      StringEquals: { 'aws:PrincipalAccount': '222222222222', 'aws:ResourceAccount': '222222222222' },
    },
  });
  expect(ofAws).toEqual(
    ['prod-eu-west-1-starport-layer-bucket', 'al2023-repos-eu-west-1-de612dc2'].map((bucket) => ({
      Sid: expect.any(String) as string,
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${bucket}/*`,
    })),
  );
});
