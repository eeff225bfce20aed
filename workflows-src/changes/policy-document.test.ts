import { policyDocument } from './policy-document';

test('what may be one text or a list is a sorted list without repetition, at every place where order means nothing', () => {
  const written = {
    Version: '2012-10-17',
    Statement: {
      Sid: 'A',
      Effect: 'Allow',
      Action: ['s3:PutObject', 's3:GetObject', 's3:PutObject'],
      Resource: '*',
      Principal: { AWS: 'b', Service: ['d', 'c'] },
      Condition: { StringEquals: { 'aws:SourceAccount': '1' } },
    },
  };
  expect(policyDocument(written)).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'A',
        Effect: 'Allow',
        Action: ['s3:GetObject', 's3:PutObject'],
        Resource: ['*'],
        Principal: { AWS: ['b'], Service: ['c', 'd'] },
        Condition: { StringEquals: { 'aws:SourceAccount': ['1'] } },
      },
    ],
  });
});

test('everybody is the same in both spellings', () => {
  const of = (principal: unknown): unknown =>
    policyDocument({ Statement: [{ Effect: 'Allow', Principal: principal }] });
  expect(of('*')).toEqual(of({ AWS: '*' }));
  expect(of('*')).not.toEqual(of({ Service: '*' }));
});

test.each([null, 'x', [], {}, { Statement: 'x' }, { Statement: [1] }, { Statement: [{ Action: 'x' }] }])(
  '%j is no policy document',
  (value) => expect(policyDocument(value)).toBeUndefined(),
);
