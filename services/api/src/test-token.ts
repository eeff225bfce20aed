import { createHash, createHmac } from 'node:crypto';

/** Who may sign in where, as IAM knows it. */
export interface TokenRules {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * What is wrong with a token, found as IAM finds it: by signing the same request again, written from AWS's description
 * and not with the signer under test.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function faultOf(token: string, rules: TokenRules, now = Date.now()): string | undefined {
  const url = new URL(`https://${token}`);
  const query = Object.fromEntries(url.searchParams);
  const time = query['X-Amz-Date'] ?? '';
  const day = time.slice(0, 8);
  const scope = `${day}/${rules.region}/rds-db/aws4_request`;
  const expected: Record<string, string | undefined> = {
    Action: 'connect',
    DBUser: rules.user,
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${rules.accessKeyId}/${scope}`,
    'X-Amz-Expires': '900',
    'X-Amz-SignedHeaders': 'host',
    'X-Amz-Security-Token': rules.sessionToken,
  };
  if (url.host !== `${rules.host}:${rules.port}` || url.pathname !== '/') return `is for ${url.host}`;
  for (const [name, value] of Object.entries(expected)) {
    if (query[name] !== value) return `${name} is ${query[name]}, not ${value}`;
  }
  const age = now - Date.parse(time.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'));
  if (!(age > -60_000 && age < 900_000)) return `was made at ${time}`;

  const canonicalQuery = Object.keys(query)
    .filter((name) => name !== 'X-Amz-Signature')
    .sort()
    .map((name) => `${encode(name)}=${encode(query[name] ?? '')}`)
    .join('&');
  const request = ['GET', '/', canonicalQuery, `host:${url.host}`, '', 'host', sha256('')].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', time, scope, sha256(request)].join('\n');
  const key = [day, rules.region, 'rds-db', 'aws4_request'].reduce<Buffer>(
    (from, part) => createHmac('sha256', from).update(part).digest(),
    Buffer.from(`AWS4${rules.secretAccessKey}`),
  );
  const signature = createHmac('sha256', key).update(toSign).digest('hex');
  return query['X-Amz-Signature'] === signature ? undefined : 'is signed with another key';
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
