import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  randomInt,
  sign,
  X509Certificate,
} from 'node:crypto';

import * as der from './der';

/**
 * Sigstore on this machine: certificates for the identities of GitHub's jobs, and the proofs that come with them. Its two
 * instances are built as the real ones: `public-good` has logs of certificates and of signatures (public repositories);
 * `github` has a timestamp authority (private ones). Whoever has `keys` can sign as anybody: nothing outside trusts them.
 */
export class TestSigstore {
  private constructor(private readonly instances: Readonly<Record<Instance, InstanceKeys>>) {}

  public static create(): TestSigstore {
    return new TestSigstore({
      'public-good': newKeys('sigstore.test'),
      github: newKeys('GitHub, Inc. (test)'),
    });
  }

  /** @param text what `keys` gave */
  public static withKeys(text: string): TestSigstore {
    return new TestSigstore(JSON.parse(text) as Record<Instance, InstanceKeys>);
  }

  public get keys(): string {
    return JSON.stringify(this.instances);
  }

  /** As `gh attestation trusted-root` prints them: one a line. */
  public get trustedRoots(): string {
    return INSTANCES.map(
      (instance) => `${JSON.stringify(rootOf(instance, this.instances[instance]))}\n`,
    ).join('');
  }

  /**
   * A bundle as `actions/attest` makes it.
   * @param statement of in-toto; text is signed as it is
   */
  public attest(statement: object | string, identity: JobIdentity, how: SigningOptions = {}): TestBundle {
    const { instance = 'public-good', at = new Date(), certificateMinutes = 10, proofs = true } = how;
    const keys = this.instances[instance];
    const isLogged = instance === 'public-good';
    const signer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const certificate = signingCertificate(keys, signer.publicKey, {
      extensions: how.extensions ?? extensionsOf(identity),
      name: how.name ?? workflowOf(identity),
      from: how.certificateFrom ?? at,
      minutes: certificateMinutes,
      usage: how.usage ?? CODE_SIGNING,
      isLogged: isLogged && (how.isCertificateLogged ?? true),
    });
    const payload = Buffer.from(typeof statement === 'string' ? statement : JSON.stringify(statement));
    const signature = sign('sha256', encoded(payload), signer.privateKey);
    const envelope = {
      payload: payload.toString('base64'),
      payloadType: STATEMENT_TYPE,
      signatures: [{ sig: signature.toString('base64') }],
    };
    return {
      mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
      verificationMaterial: {
        certificate: { rawBytes: certificate.toString('base64') },
        tlogEntries:
          isLogged && proofs ? [logEntry(keys, { payload, signature, certificate, envelope, at })] : [],
        timestampVerificationData: {
          rfc3161Timestamps:
            isLogged || !proofs
              ? []
              : [{ signedTimestamp: timestamp(keys, signature, at).toString('base64') }],
        },
      },
      dsseEnvelope: envelope,
    };
  }
}

const INSTANCES = ['public-good', 'github'] as const;
export type Instance = (typeof INSTANCES)[number];

/** What GitHub's token says of a job, as its claims are called. */
export interface JobIdentity {
  readonly iss: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly repository_id: string;
  readonly repository_owner_id: string;
  readonly repository_visibility: string;
  /** `owner/name/.github/workflows/apply.yml@refs/heads/main`. */
  readonly workflow_ref: string;
  readonly ref: string;
  readonly sha: string;
  readonly event_name: string;
  readonly run_id: string;
  readonly run_attempt: string;
  readonly runner_environment: string;
}

export type Extension = readonly [id: string, value: string];

export interface SigningOptions {
  /** @default public-good */
  readonly instance?: Instance;
  /** When it is signed. @default now */
  readonly at?: Date;
  /** From when the certificate holds. @default when it is signed */
  readonly certificateFrom?: Date;
  /** How long. @default 10 */
  readonly certificateMinutes?: number;
  /** Whether the log has it, or the timestamp authority has signed it. @default true */
  readonly proofs?: boolean;
  /** Object identifiers and what they say. @default as GitHub's identity asks for */
  readonly extensions?: readonly Extension[];
  /** What its certificate is for. @default signing code */
  readonly usage?: string;
  /** Whether the log of certificates has it, where there is one. @default true */
  readonly isCertificateLogged?: boolean;
  /** @default the workflow's */
  readonly name?: string;
}

export interface TestBundle {
  readonly mediaType: string;
  readonly verificationMaterial: {
    readonly certificate: { readonly rawBytes: string };
    readonly tlogEntries: readonly LogEntry[];
    readonly timestampVerificationData: {
      readonly rfc3161Timestamps: readonly { readonly signedTimestamp: string }[];
    };
  };
  readonly dsseEnvelope: {
    readonly payload: string;
    readonly payloadType: string;
    readonly signatures: readonly { readonly sig: string }[];
  };
}

type LogEntry = ReturnType<typeof logEntry>;

/** The statement of build provenance of `actions/attest`. */
export function provenance(
  subject: { readonly name: string; readonly digest: string },
  job: JobIdentity,
): object {
  const [owner, repo] = job.repository.split('/');
  const path = job.workflow_ref.slice(`${owner}/${repo}/`.length).replace(/@.*$/, '');
  return {
    ...statement(subject),
    predicateType: 'https://slsa.dev/provenance/v1',
    predicate: {
      buildDefinition: {
        buildType: 'https://actions.github.io/buildtypes/workflow/v1',
        externalParameters: { workflow: { ref: job.ref, repository: `${SERVER}/${job.repository}`, path } },
        internalParameters: {
          github: {
            event_name: job.event_name,
            repository_id: job.repository_id,
            repository_owner_id: job.repository_owner_id,
            runner_environment: job.runner_environment,
          },
        },
        resolvedDependencies: [
          { uri: `git+${SERVER}/${job.repository}@${job.ref}`, digest: { gitCommit: job.sha } },
        ],
      },
      runDetails: { builder: { id: workflowOf(job) }, metadata: { invocationId: runOf(job) } },
    },
  };
}

/**
 * The statement that an image has these parts.
 * @throws Error when the document is neither of the two kinds that `actions/attest` takes
 */
export function softwareBill(
  subject: { readonly name: string; readonly digest: string },
  document: Readonly<Record<string, unknown>>,
): object {
  const isSpdx = typeof document['spdxVersion'] === 'string' && document['SPDXID'] !== undefined;
  const isCycloneDx = document['bomFormat'] === 'CycloneDX' && document['specVersion'] !== undefined;
  if (!isSpdx && !isCycloneDx) throw new Error('Unsupported SBOM format');
  const version = String(document['spdxVersion']).replace(/^SPDX-/, '');
  const predicateType = isSpdx ? `https://spdx.dev/Document/v${version}` : 'https://cyclonedx.org/bom';
  return { ...statement(subject), predicateType, predicate: document };
}

/** Of an identity, by https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
export function extensionsOf(job: JobIdentity): Extension[] {
  const repository = `${SERVER}/${job.repository}`;
  const [owner] = job.repository.split('/');
  const values: Readonly<Record<number, string>> = {
    8: job.iss,
    9: workflowOf(job),
    10: job.sha,
    11: job.runner_environment,
    12: repository,
    13: job.sha,
    14: job.ref,
    15: job.repository_id,
    16: `${SERVER}/${owner}`,
    17: job.repository_owner_id,
    18: workflowOf(job),
    19: job.sha,
    20: job.event_name,
    21: runOf(job),
    22: job.repository_visibility,
  };
  return Object.entries(values).map(([arc, value]) => [`${FULCIO}.${arc}`, value]);
}

const SERVER = 'https://github.com';
const FULCIO = '1.3.6.1.4.1.57264.1';
const STATEMENT_TYPE = 'application/vnd.in-toto+json';
const LOG_HOST = 'rekor.sigstore.test';
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';
const TIME_STAMPING = '1.3.6.1.5.5.7.3.8';
const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const SHA256 = '2.16.840.1.101.3.4.2.1';
const YEAR_MINUTES = 365 * 24 * 60;

/** Private keys in PEM, certificates in base64. */
interface InstanceKeys {
  readonly organization: string;
  readonly since: string;
  readonly authority: CertifiedKey;
  /** Signs certificates: as with the real ones, the authority's root never does. */
  readonly issuer: CertifiedKey;
  readonly timestamps: CertifiedKey;
  readonly log: string;
  readonly certificateLog: string;
}

interface CertifiedKey {
  readonly key: string;
  readonly certificate: string;
}

interface CertificateOptions {
  /** @default another one each time */
  readonly serial?: Buffer;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly from: Date;
  readonly minutes: number;
  readonly publicKey: KeyObject;
  readonly signedBy: KeyObject;
  readonly extensions: readonly Buffer[];
}

function workflowOf({ workflow_ref: workflow }: JobIdentity): string {
  return `${SERVER}/${workflow}`;
}

function runOf({ repository, run_id: run, run_attempt: attempt }: JobIdentity): string {
  return `${SERVER}/${repository}/actions/runs/${run}/attempts/${attempt}`;
}

function statement({ name, digest }: { readonly name: string; readonly digest: string }): object {
  return {
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name, digest: { sha256: digest.replace(/^sha256:/, '') } }],
  };
}

function newKeys(organization: string): InstanceKeys {
  // Before anything that is signed with them, whatever the clock of a test.
  const from = new Date('2024-01-01T00:00:00Z');
  const root = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const stamps = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const rootName = nameOf(organization, 'root');
  const shared = { issuer: rootName, from, minutes: 30 * YEAR_MINUTES, signedBy: root.privateKey };
  const authority = certificateOf({
    ...shared,
    subject: rootName,
    publicKey: root.publicKey,
    extensions: [...asAuthority(1), keyIds(root.publicKey, root.publicKey)].flat(),
  });
  const intermediate = certificateOf({
    ...shared,
    subject: nameOf(organization, 'issuer'),
    publicKey: issuer.publicKey,
    extensions: [...asAuthority(0), keyIds(issuer.publicKey, root.publicKey)].flat(),
  });
  const timestamps = certificateOf({
    ...shared,
    subject: nameOf(organization, 'timestamps'),
    publicKey: stamps.publicKey,
    extensions: [
      ...keyIds(stamps.publicKey, root.publicKey),
      extension('2.5.29.15', der.bitString(Buffer.from([0x80]), 7), true),
      extension('2.5.29.37', der.sequence(der.oid(TIME_STAMPING)), true),
    ],
  });
  return {
    organization,
    since: from.toISOString(),
    authority: { key: pem(root.privateKey), certificate: authority.toString('base64') },
    issuer: { key: pem(issuer.privateKey), certificate: intermediate.toString('base64') },
    timestamps: { key: pem(stamps.privateKey), certificate: timestamps.toString('base64') },
    log: pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
    certificateLog: pem(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey),
  };
}

function rootOf(instance: Instance, keys: InstanceKeys): object {
  const validFor = { start: keys.since };
  const chain = (leaf: CertifiedKey): object => ({
    subject: { organization: keys.organization, commonName: 'test' },
    uri: `https://${instance}.sigstore.test`,
    certChain: {
      certificates: [{ rawBytes: leaf.certificate }, { rawBytes: keys.authority.certificate }],
    },
    validFor,
  });
  const log = (key: string, host: string): object => ({
    baseUrl: `https://${host}`,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: spki(createPublicKey(key)).toString('base64'),
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      validFor,
    },
    logId: { keyId: idOf(key).toString('base64') },
  });
  const isLogged = instance === 'public-good';
  return {
    mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
    tlogs: isLogged ? [log(keys.log, LOG_HOST)] : [],
    certificateAuthorities: [chain(keys.issuer)],
    ctlogs: isLogged ? [log(keys.certificateLog, 'ctfe.sigstore.test')] : [],
    timestampAuthorities: isLogged ? [] : [chain(keys.timestamps)],
  };
}

function signingCertificate(
  keys: InstanceKeys,
  publicKey: KeyObject,
  how: {
    readonly extensions: readonly Extension[];
    readonly name: string;
    readonly from: Date;
    readonly minutes: number;
    readonly usage: string;
    readonly isLogged: boolean;
  },
): Buffer {
  const issuer = createPrivateKey(keys.issuer.key);
  const issuerKey = createPublicKey(issuer);
  const options = {
    serial: serialNumber(),
    issuer: nameOf(keys.organization, 'issuer'),
    // A certificate of Sigstore's names nobody but in its extensions.
    subject: der.sequence(),
    from: how.from,
    minutes: how.minutes,
    publicKey,
    signedBy: issuer,
  };
  const extensions = [
    extension('2.5.29.15', der.bitString(Buffer.from([0x80]), 7), true),
    extension('2.5.29.37', der.sequence(der.oid(how.usage))),
    ...keyIds(publicKey, issuerKey),
    extension('2.5.29.17', der.sequence(der.implicit(6, Buffer.from(how.name))), true),
    ...how.extensions.map(([id, value]) => extension(id, der.text(value))),
  ];
  if (!how.isLogged) return certificateOf({ ...options, extensions });
  const withoutLog = contentOf({ ...options, extensions });
  const logged = loggedCertificate(createPrivateKey(keys.certificateLog), issuerKey, withoutLog, how.from);
  return certificateOf({ ...options, extensions: [...extensions, logged] });
}

/** A signed certificate timestamp, as an extension. Source: https://www.rfc-editor.org/rfc/rfc6962#section-3.2 */
function loggedCertificate(log: KeyObject, issuer: KeyObject, content: Buffer, at: Date): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(at.getTime()));
  const version = Buffer.from([0]);
  const none = uint(0, 2);
  const signed = Buffer.concat([
    version,
    Buffer.from([0]),
    time,
    uint(1, 2),
    sha256(spki(issuer)),
    uint(content.length, 3),
    content,
    none,
  ]);
  const signature = sign('sha256', signed, log);
  const algorithms = Buffer.from([4, 3]);
  const id = sha256(spki(createPublicKey(log)));
  const entry = Buffer.concat([version, id, time, none, algorithms, uint(signature.length, 2), signature]);
  const list = Buffer.concat([uint(entry.length + 2, 2), uint(entry.length, 2), entry]);
  return extension('1.3.6.1.4.1.11129.2.4.2', der.octetString(list));
}

/** An entry of Rekor's, kind `dsse`: the second of a log that has two. */
function logEntry(
  keys: InstanceKeys,
  {
    payload,
    signature,
    certificate,
    envelope,
    at,
  }: { payload: Buffer; signature: Buffer; certificate: Buffer; envelope: object; at: Date },
) {
  const verifier = `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64')}\n-----END CERTIFICATE-----\n`;
  const body = Buffer.from(
    JSON.stringify({
      apiVersion: '0.0.1',
      kind: 'dsse',
      spec: {
        envelopeHash: {
          algorithm: 'sha256',
          value: sha256(Buffer.from(JSON.stringify(envelope))).toString('hex'),
        },
        payloadHash: { algorithm: 'sha256', value: sha256(payload).toString('hex') },
        signatures: [
          { signature: signature.toString('base64'), verifier: Buffer.from(verifier).toString('base64') },
        ],
      },
    }),
  );
  const id = idOf(keys.log);
  const logIndex = randomInt(1_000_000_000);
  const integratedTime = Math.floor(at.getTime() / 1000);
  // Keys in the order of canonical JSON, and no value that it writes otherwise.
  const promise = JSON.stringify({
    body: body.toString('base64'),
    integratedTime,
    logID: id.toString('hex'),
    logIndex,
  });
  const other = sha256(randomBytes(32));
  const rootHash = sha256(Buffer.from([1]), other, sha256(Buffer.from([0]), body));
  const note = `${LOG_HOST} - 1\n2\n${rootHash.toString('base64')}\n`;
  const signed = Buffer.concat([id.subarray(0, 4), sign('sha256', Buffer.from(note), keys.log)]);
  return {
    logIndex: String(logIndex),
    logId: { keyId: id.toString('base64') },
    kindVersion: { kind: 'dsse', version: '0.0.1' },
    integratedTime: String(integratedTime),
    inclusionPromise: {
      signedEntryTimestamp: sign('sha256', Buffer.from(promise), keys.log).toString('base64'),
    },
    inclusionProof: {
      logIndex: '1',
      rootHash: rootHash.toString('base64'),
      treeSize: '2',
      hashes: [other.toString('base64')],
      checkpoint: { envelope: `${note}\n\u2014 ${LOG_HOST} ${signed.toString('base64')}\n` },
    },
    canonicalizedBody: body.toString('base64'),
  };
}

/** The answer of a timestamp authority. Source: https://www.rfc-editor.org/rfc/rfc3161#section-2.4.2 */
function timestamp(keys: InstanceKeys, stamped: Buffer, at: Date): Buffer {
  const contentType = '1.2.840.113549.1.9.16.1.4';
  const { serialNumber } = new X509Certificate(Buffer.from(keys.timestamps.certificate, 'base64'));
  const algorithm = der.sequence(der.oid(SHA256));
  const info = der.sequence(
    der.integer(1),
    der.oid('1.3.6.1.4.1.57264.2'),
    der.sequence(algorithm, der.octetString(sha256(stamped))),
    der.integer(randomBytes(16)),
    der.time(at),
  );
  const attributes = [
    der.sequence(der.oid('1.2.840.113549.1.9.3'), der.set(der.oid(contentType))),
    der.sequence(der.oid('1.2.840.113549.1.9.4'), der.set(der.octetString(sha256(info)))),
  ];
  const signature = sign('sha256', der.set(...attributes), keys.timestamps.key);
  const signer = der.sequence(
    der.integer(1),
    der.sequence(nameOf(keys.organization, 'root'), der.integer(Buffer.from(serialNumber, 'hex'))),
    algorithm,
    der.explicit(0, ...attributes),
    der.sequence(der.oid(ECDSA_SHA256)),
    der.octetString(signature),
  );
  const content = der.sequence(
    der.integer(3),
    der.set(algorithm),
    der.sequence(der.oid(contentType), der.explicit(0, der.octetString(info))),
    der.set(signer),
  );
  return der.sequence(
    der.sequence(der.integer(0)),
    der.sequence(der.oid('1.2.840.113549.1.7.2'), der.explicit(0, content)),
  );
}

function certificateOf(options: CertificateOptions): Buffer {
  const content = contentOf(options);
  const signature = sign('sha256', content, options.signedBy);
  return der.sequence(content, der.sequence(der.oid(ECDSA_SHA256)), der.bitString(signature));
}

/** What of a certificate is signed. Source: https://www.rfc-editor.org/rfc/rfc5280#section-4.1 */
function contentOf(options: Omit<CertificateOptions, 'signedBy'>): Buffer {
  const until = new Date(options.from.getTime() + options.minutes * 60_000);
  return der.sequence(
    der.explicit(0, der.integer(2)),
    der.integer(options.serial ?? serialNumber()),
    der.sequence(der.oid(ECDSA_SHA256)),
    options.issuer,
    der.sequence(der.time(options.from), der.time(until)),
    options.subject,
    spki(options.publicKey),
    der.explicit(3, der.sequence(...options.extensions)),
  );
}

/** Positive, and as long as it may be at random. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8() & 0x3f) | 0x40);
  return bytes;
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return der.sequence(der.oid(id), ...(isCritical ? [der.boolean(true)] : []), der.octetString(value));
}

/** @param depth how many authorities may stand between it and a certificate that is none */
function asAuthority(depth: number): Buffer[] {
  return [
    extension('2.5.29.19', der.sequence(der.boolean(true), der.integer(depth)), true),
    // keyCertSign, cRLSign
    extension('2.5.29.15', der.bitString(Buffer.from([0x06]), 1), true),
  ];
}

/** Whose key it is, and whose key signs it. */
function keyIds(own: KeyObject, signer: KeyObject): Buffer[] {
  return [
    extension('2.5.29.14', der.octetString(sha256(spki(own)).subarray(0, 20))),
    extension('2.5.29.35', der.sequence(der.implicit(0, sha256(spki(signer)).subarray(0, 20)))),
  ];
}

function nameOf(organization: string, commonName: string): Buffer {
  return der.sequence(
    der.set(der.sequence(der.oid('2.5.4.10'), der.text(organization))),
    der.set(der.sequence(der.oid('2.5.4.3'), der.text(commonName))),
  );
}

/** Over which DSSE signs. */
function encoded(payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${STATEMENT_TYPE.length} ${STATEMENT_TYPE} ${payload.length} `),
    payload,
  ]);
}

function idOf(privateKey: string): Buffer {
  return sha256(spki(createPublicKey(privateKey)));
}

function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

function pem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}
