import { stackOf, stacksOf } from './test-app';
import { only } from './test-json';
import { statementsOf } from './test-policy';

const registry = stackOf(stacksOf(), 'registry');

test('images are found by a tag that never moves, scanned on push, encrypted with a key of ours', () => {
  expect(only(registry, 'aws_ecr_repository')).toEqual({
    name: 'fairlead/api',
    image_tag_mutability: 'IMMUTABLE',
    image_scanning_configuration: { scan_on_push: true },
    encryption_configuration: [{ encryption_type: 'KMS', kms_key: '${aws_kms_key.key.arn}' }],
  });
});

test('untagged images go after a week, and of the releases the last hundred stay', () => {
  const { rules } = JSON.parse(String(only(registry, 'aws_ecr_lifecycle_policy').policy)) as {
    rules: { selection: object }[];
  };
  expect(rules.map(({ selection }) => selection)).toEqual([
    { tagStatus: 'untagged', countType: 'sinceImagePushed', countUnit: 'days', countNumber: 7 },
    { tagStatus: 'tagged', tagPatternList: ['*'], countType: 'imageCountMoreThan', countNumber: 100 },
  ]);
});

test('the accounts of the environments pull, and can do nothing else', () => {
  expect(statementsOf(only(registry, 'aws_ecr_repository_policy').policy)).toEqual([
    {
      Sid: 'EnvironmentsPull',
      Effect: 'Allow',
      Principal: { AWS: ['arn:aws:iam::111111111111:root', 'arn:aws:iam::222222222222:root'] },
      Action: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
    },
  ]);
});
