import type { AccountRegion } from '../config';
import { policyJson, type PolicyStatement } from './policy';

/**
 * What may pass an endpoint. It grants nothing: whoever calls needs the right by a policy of their own as well. Without one
 * an endpoint lets everybody through, so that with credentials of another account, brought along, data leaves by it.
 */

/**
 * The policy of an interface endpoint: principals of the account, whatever account the resource is in (images are in that
 * of the registry). The agent, the log driver and the tasks call as roles; no AWS service calls from the private subnets.
 * @param service of the actions, such as `ecr`
 */
export function ownPrincipalsOnly(service: string, { account }: AccountRegion): string {
  return policyJson([
    {
      Sid: 'OwnPrincipals',
      Effect: 'Allow',
      Principal: '*',
      Action: `${service}:*`,
      Resource: '*',
      Condition: { StringEquals: { 'aws:PrincipalAccount': account } },
    },
  ]);
}

/**
 * The policy of the S3 endpoint, by which all traffic to S3 goes, with and without NAT: principals of the account on its own
 * buckets, and from anybody reads of two of AWS's. ECR sends image layers by an address that its own account has signed,
 * and Amazon Linux asks for packages without a signature. A service that needs a bucket of another account needs a
 * statement here; its agents come with the image of the instance, not from S3.
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms,
 * https://github.com/aws-samples/data-perimeter-policy-examples (`service_owned_resources.md`)
 */
export function ownBucketsAndImagesOnly({ account, region }: AccountRegion): string {
  const read = (Sid: string, bucket: string): PolicyStatement => ({
    Sid,
    Effect: 'Allow',
    Principal: '*',
    Action: 's3:GetObject',
    Resource: `arn:aws:s3:::${bucket}/*`,
  });
  return policyJson([
    {
      Sid: 'OwnPrincipalsOnOwnBuckets',
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:*',
      Resource: '*',
      Condition: { StringEquals: { 'aws:PrincipalAccount': account, 'aws:ResourceAccount': account } },
    },
    read('ImageLayers', `prod-${region}-starport-layer-bucket`),
    read('AmazonLinuxPackages', `al2023-repos-${region}-de612dc2`),
  ]);
}
