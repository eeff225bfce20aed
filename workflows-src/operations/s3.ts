/** What of the AWS SDK is used. The build keeps this file as text until it is asked for: compiling it costs 25 ms. */
export { GetObjectCommand, NoSuchKey, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
