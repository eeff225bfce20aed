import { X509Certificate, verify as verifySignature } from 'node:crypto';

import { type Bundle, bundleFromJSON } from '@sigstore/bundle';
import { TrustedRoot as ProtoTrustedRoot } from '@sigstore/protobuf-specs';
import { type Signer, toSignedEntity, toTrustMaterial, type TrustMaterial, Verifier } from '@sigstore/verify';
import * as z from 'zod';

import { visible } from '../changes/visible-text';

/** Who must have built an image, for it to be deployed. */
export interface AttestationPolicy {
  readonly owner: string;
  readonly repository: string;
  /** GitHub's number of it: a name can be taken over by somebody else, the number cannot. */
  readonly repositoryId: number;
  /** File name in `.github/workflows`, such as `apply.yml`. */
  readonly workflow: string;
  /**
   * The image's repository in the registry, as `actions/attest` got it in `subject-name`: the digest of one service is none
   * of another. @default any
   */
  readonly subjectName?: string;
}

/** What a signature says of how an image came to be. */
export interface VerifiedAttestation {
  /** The commit that it was built from. */
  readonly commit: string;
  /** Address of the run, with its attempt. */
  readonly runUrl: string;
  /** Path in the repository, such as `.github/workflows/apply.yml`. */
  readonly workflow: string;
}

/** One instance of Sigstore: whose certificates, logs and timestamps are trusted. */
export interface TrustedRoot {
  readonly material: TrustMaterial;
  /** All certificates of its authorities. */
  readonly authorities: readonly X509Certificate[];
  /** How many entries in transparency logs, of signatures and of certificates, it calls for. */
  readonly tlogThreshold: number;
  readonly ctlogThreshold: number;
}

/** What may be deployed is not, or not provably, what we built. */
export class AttestationError extends Error {
  public override readonly name = 'AttestationError';
}

/** A bundle with provenance has about 10 kB. */
export const MAX_BUNDLE_BYTES = 1_048_576;

/** How many bundles of one digest are looked at: each costs milliseconds, and there is one for each time it was built. */
export const MAX_BUNDLES = 100;

export const PROVENANCE = 'https://slsa.dev/provenance/v1';

const ISSUER = 'https://token.actions.githubusercontent.com';
const SERVER = 'https://github.com';
const REF = 'refs/heads/main';

/**
 * A self-hosted runner is a machine of whoever set it up, which keeps what earlier jobs left on it: what was built there is
 * not deployed. None of our workflows asks for one.
 */
const RUNNER = 'github-hosted';

/** Of the reasons why bundles do not fit, an error has these many, each on one line. */
const MAX_REASONS = 5;
const MAX_REASON_CHARACTERS = 1_000;
const MAX_VALUE_CHARACTERS = 160;

/** Real ones have 10 kB and 20 kB. */
const MAX_ROOTS_BYTES = 5_000_000;

/**
 * Looks for the one attestation that lets an image be deployed: build provenance of that digest, signed in a run of the
 * policy's workflow on main, on a runner of GitHub's, of the repository with the policy's number.
 * @param digest `sha256:` and 64 hexadecimal digits
 * @param bundles each a JSON document; nothing of them is trusted
 * @throws AttestationError when no bundle is one; it says of each why not
 */
export function verifyAttestation({
  digest,
  bundles,
  trustedRoots,
  policy,
}: {
  readonly digest: string;
  readonly bundles: readonly string[];
  readonly trustedRoots: readonly TrustedRoot[];
  readonly policy: AttestationPolicy;
}): VerifiedAttestation {
  const where = quoted(digest);
  if (!DIGEST.test(digest))
    throw new AttestationError(`${where}: an image is named by sha256: and 64 hexadecimal digits`);
  const rule =
    `only an image that .github/workflows/${policy.workflow} of ${policy.owner}/${policy.repository} ` +
    `(${policy.repositoryId}) built on main and attested is deployed`;
  const remedy = 'build it anew by a merge into main that changes the service, and release that image';
  if (bundles.length === 0) {
    throw new AttestationError(
      `${where}: ${rule}, GitHub has no attestation of it: look whether the run that built it has attested it, and whether ` +
        `the token has attestations: read; else ${remedy}`,
    );
  }

  const reasons: string[] = [];
  for (const bundle of bundles.slice(0, MAX_BUNDLES)) {
    try {
      return verifyOne(bundle, digest, trustedRoots, policy);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      reasons.push(error.message);
    }
  }
  const more = bundles.length - Math.min(reasons.length, MAX_REASONS);
  throw new AttestationError(
    [
      `${where}: ${rule}, and none of its attestations (${bundles.length}) says so:`,
      ...reasons.slice(0, MAX_REASONS).map((reason, index) => `  ${index + 1}. ${clipped(reason)}`),
      ...(more > 0 ? [`  and ${more} more`] : []),
      `If it is an image of yours, ${remedy}; else find out how it came here.`,
    ].join('\n'),
  );
}

/**
 * What `gh attestation trusted-root` prints: one JSON document a line, of the public instance of Sigstore (public
 * repositories) and of GitHub's own (private ones).
 * @param file for errors
 * @throws Error when there is none, or one is not what Sigstore documents
 */
export function readTrustedRoots(text: string, file: string): readonly TrustedRoot[] {
  const remedy = `write it anew: gh attestation trusted-root > ${file}`;
  if (Buffer.byteLength(text) > MAX_ROOTS_BYTES)
    throw new Error(`${file}: trusted roots have at most ${MAX_ROOTS_BYTES} bytes: ${remedy}`);
  const lines = text.split('\n').map((line, index) => ({ line, where: `${file}:${index + 1}` }));
  const roots = lines
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, where }) => {
      try {
        return asTrustedRoot(line);
      } catch (error) {
        throw new Error(`${where}: a line is a trusted root of Sigstore: ${words(error)}: ${remedy}`);
      }
    });
  if (roots.length === 0) throw new Error(`${file}: has no trusted root: ${remedy}`);
  return roots;
}

/** Why a bundle is none that counts. */
class Unfit extends Error {}

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const BUNDLE_TYPE = /^application\/vnd\.dev\.sigstore\.bundle(?:\+json;version=0\.[123]|\.v0\.3\+json)$/;
const STATEMENT_TYPE = 'application/vnd.in-toto+json';
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

/** By https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md */
const EXTENSIONS = {
  issuer: '1.3.6.1.4.1.57264.1.8',
  runnerEnvironment: '1.3.6.1.4.1.57264.1.11',
  sourceRepository: '1.3.6.1.4.1.57264.1.12',
  sourceCommit: '1.3.6.1.4.1.57264.1.13',
  sourceRef: '1.3.6.1.4.1.57264.1.14',
  sourceRepositoryId: '1.3.6.1.4.1.57264.1.15',
  run: '1.3.6.1.4.1.57264.1.21',
} as const;

const base64 = z
  .string()
  .min(1)
  .regex(/^[A-Za-z0-9+/]+={0,2}$/, 'is not base64');
const int64 = z.union([z.string().regex(/^\d{1,19}$/, 'is no number'), z.int().nonnegative()]);

/** The library makes a regular expression of the name that stands before a signature: so nothing that acts in one. */
const checkpoint = z
  .string()
  .max(10_000)
  .refine((text) => [...text.matchAll(/\u2014 (\S+) /g)].every(([, name]) => /^[\w.:/-]+$/.test(name!)), {
    message: 'is signed by something that is no name',
  });

const logEntry = z.looseObject({
  logIndex: int64,
  logId: z.looseObject({ keyId: base64 }),
  kindVersion: z.looseObject({ kind: z.string().max(50), version: z.string().max(50) }),
  integratedTime: int64.optional(),
  inclusionPromise: z.looseObject({ signedEntryTimestamp: base64 }).nullish(),
  inclusionProof: z
    .looseObject({
      logIndex: int64,
      rootHash: base64,
      treeSize: int64,
      hashes: z.array(base64).max(64).optional(),
      checkpoint: z.looseObject({ envelope: checkpoint }),
    })
    .nullish(),
  canonicalizedBody: base64,
});

const bundleSchema = z.looseObject({
  mediaType: z.string().regex(BUNDLE_TYPE, 'is not that of a Sigstore bundle, version 0.1 to 0.3'),
  verificationMaterial: z.looseObject({
    certificate: z.looseObject({ rawBytes: base64 }).optional(),
    x509CertificateChain: z
      .looseObject({
        certificates: z
          .array(z.looseObject({ rawBytes: base64 }))
          .min(1)
          .max(10),
      })
      .optional(),
    tlogEntries: z.array(logEntry).max(4).optional(),
    timestampVerificationData: z
      .looseObject({
        rfc3161Timestamps: z
          .array(z.looseObject({ signedTimestamp: base64 }))
          .max(4)
          .optional(),
      })
      .nullish(),
  }),
  dsseEnvelope: z.looseObject({
    payload: base64,
    payloadType: z.literal(STATEMENT_TYPE),
    signatures: z.array(z.looseObject({ sig: base64 })).length(1),
  }),
});

const statementSchema = z.looseObject({
  _type: z.literal('https://in-toto.io/Statement/v1'),
  predicateType: z.string(),
  subject: z
    .array(z.looseObject({ name: z.string().optional(), digest: z.record(z.string(), z.string()) }))
    .min(1),
});

const chain = z.looseObject({
  certChain: z.looseObject({ certificates: z.array(z.looseObject({ rawBytes: base64 })).min(1) }),
});
const log = z.looseObject({ publicKey: z.looseObject({ rawBytes: base64 }) });
const rootSchema = z.looseObject({
  mediaType: z
    .string()
    .regex(/^application\/vnd\.dev\.sigstore\.trustedroot[.+]/, 'is not that of a trusted root'),
  certificateAuthorities: z.array(chain).min(1),
  timestampAuthorities: z.array(chain).optional(),
  tlogs: z.array(log).optional(),
  ctlogs: z.array(log).optional(),
});

function asTrustedRoot(line: string): TrustedRoot {
  const document = checked(rootSchema, JSON.parse(line));
  const { tlogs = [], ctlogs = [], timestampAuthorities = [] } = document;
  if (tlogs.length + timestampAuthorities.length === 0)
    throw new Error('it has neither a transparency log nor a timestamp authority');
  const authorities = document.certificateAuthorities
    .flatMap(({ certChain }) => certChain.certificates)
    .map(({ rawBytes }) => new X509Certificate(Buffer.from(rawBytes, 'base64')));
  return {
    material: toTrustMaterial(ProtoTrustedRoot.fromJSON(document)),
    authorities,
    tlogThreshold: Math.min(tlogs.length, 1),
    ctlogThreshold: Math.min(ctlogs.length, 1),
  };
}

/** @throws Unfit */
function verifyOne(
  text: string,
  digest: string,
  trustedRoots: readonly TrustedRoot[],
  policy: AttestationPolicy,
): VerifiedAttestation {
  const read = readBundle(text);
  const { certificate, payload } = read;
  const { signer, root } = verifyProofs(read, trustedRoots);
  const problems = [
    ...certificateProblems(certificate, signer, policy),
    ...statementProblems(payload, digest, policy),
  ];
  if (problems.length > 0) throw new Unfit(`${problems.join('; ')} (signed with a certificate of ${root})`);
  const said = extensionsOf(signer);
  return {
    commit: said(EXTENSIONS.sourceCommit) as string,
    runUrl: said(EXTENSIONS.run) as string,
    workflow: `.github/workflows/${policy.workflow}`,
  };
}

interface ReadBundle {
  readonly bundle: Bundle;
  readonly certificate: X509Certificate;
  readonly payload: Buffer;
  readonly signature: Buffer;
}

function readBundle(text: string): ReadBundle {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_BUNDLE_BYTES)
    throw new Unfit(`a bundle has at most ${MAX_BUNDLE_BYTES} bytes, this one has ${bytes}`);
  return attempt('it is no Sigstore bundle', () => {
    const bundle = bundleFromJSON(checked(bundleSchema, JSON.parse(text)));
    // All that is read from here on is what the library reads: a document may have more than one of each.
    const { content, verificationMaterial } = bundle;
    if (content.$case !== 'dsseEnvelope') throw new Error('it signs no statement');
    const { payload, payloadType, signatures } = content.dsseEnvelope;
    if (payloadType !== STATEMENT_TYPE || signatures[0] === undefined)
      throw new Error('it signs no statement');
    const leaf = certificateOf(verificationMaterial.content);
    if (leaf === undefined) throw new Error('it is signed without a certificate');
    return { bundle, certificate: new X509Certificate(leaf), payload, signature: signatures[0].sig };
  });
}

function certificateOf(content: Bundle['verificationMaterial']['content']): Buffer | undefined {
  if (content.$case === 'certificate') return content.certificate.rawBytes;
  return content.$case === 'x509CertificateChain'
    ? content.x509CertificateChain.certificates[0]?.rawBytes
    : undefined;
}

/**
 * That the signature is one of the certificate's key, and the certificate one of a trusted authority, valid when it signed.
 * @returns what the certificate says, and whose it is
 */
function verifyProofs(
  read: ReadBundle,
  trustedRoots: readonly TrustedRoot[],
): { readonly signer: Signer; readonly root: string } {
  const { bundle, certificate } = read;
  const issuer = quoted(certificate.issuer.replaceAll('\n', ', '));
  if (!isSigned(read))
    throw new Unfit(
      'its signature is not one of its payload by its certificate: one of the three was changed',
    );
  const isOfSigning = !certificate.ca && certificate.keyUsage?.includes(CODE_SIGNING) === true;
  if (!isOfSigning) throw new Unfit('its certificate is none for signing code');

  const roots = trustedRoots.filter(({ authorities }) =>
    authorities.some((authority) => isIssuedBy(certificate, authority)),
  );
  let problem = `its certificate, of ${issuer}, is of none of the ${trustedRoots.length} trusted roots`;
  for (const root of roots) {
    try {
      return { signer: verifyUnder(root, bundle), root: issuer };
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      problem = `${error.message}, of ${issuer}`;
    }
  }
  throw new Unfit(problem);
}

function verifyUnder(root: TrustedRoot, bundle: Bundle): Signer {
  const { tlogEntries, timestampVerificationData } = bundle.verificationMaterial;
  const timestamps = timestampVerificationData?.rfc3161Timestamps ?? [];
  if (tlogEntries.length < root.tlogThreshold)
    throw new Unfit('it has no entry in a transparency log, which its trusted root calls for');
  if (root.tlogThreshold === 0 && timestamps.length === 0)
    throw new Unfit('it has no timestamp of an authority, which its trusted root calls for');
  const { tlogThreshold, ctlogThreshold } = root;
  return attempt('its proofs do not hold', () =>
    new Verifier(root.material, { tlogThreshold, ctlogThreshold, timestampThreshold: 1 }).verify(
      toSignedEntity(bundle),
    ),
  );
}

/** Over the pre-authentication encoding of https://github.com/secure-systems-lab/dsse/blob/master/protocol.md */
function isSigned({ certificate, payload, signature }: ReadBundle): boolean {
  const signed = Buffer.concat([
    Buffer.from(`DSSEv1 ${STATEMENT_TYPE.length} ${STATEMENT_TYPE} ${payload.length} `),
    payload,
  ]);
  return attempt('its signature cannot be checked', () =>
    verifySignature('sha256', signed, certificate.publicKey, signature),
  );
}

function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

function certificateProblems(
  certificate: X509Certificate,
  signer: Signer,
  { owner, repository, repositoryId, workflow }: AttestationPolicy,
): string[] {
  const said = extensionsOf(signer);
  const home = `${SERVER}/${owner}/${repository}`;
  const identity = `${home}/.github/workflows/${workflow}@${REF}`;
  const problems: string[] = [];
  const expect = (what: string, value: string | undefined, isRight: boolean, right: string): void => {
    if (!isRight)
      problems.push(`${what} is ${value === undefined ? 'not said' : quoted(value)}, and must be ${right}`);
  };
  const expectEqual = (what: string, value: string | undefined, right: string): void =>
    expect(what, value, value === right, right);

  expectEqual('the issuer of the identity', said(EXTENSIONS.issuer), ISSUER);
  // Node writes all names, each with its kind: another one beside it is no match.
  const name = certificate.subjectAltName?.replace(/^URI:/, '');
  expect('the workflow', name, certificate.subjectAltName === `URI:${identity}`, identity);
  expectEqual('the number of the repository', said(EXTENSIONS.sourceRepositoryId), String(repositoryId));
  expectEqual('the repository', said(EXTENSIONS.sourceRepository), home);
  expectEqual('the ref', said(EXTENSIONS.sourceRef), REF);
  expectEqual('the runner', said(EXTENSIONS.runnerEnvironment), RUNNER);
  const commit = said(EXTENSIONS.sourceCommit);
  expect('the commit', commit, /^[0-9a-f]{40}$/.test(commit ?? ''), '40 hexadecimal digits');
  const run = said(EXTENSIONS.run);
  const isRun = run?.startsWith(`${home}/actions/runs/`) && /\/runs\/\d+\/attempts\/\d+$/.test(run);
  expect('the run', run, isRun === true, `${home}/actions/runs/<number>/attempts/<number>`);
  return problems;
}

function statementProblems(payload: Buffer, digest: string, { subjectName }: AttestationPolicy): string[] {
  const statement = attempt('its payload is no statement of in-toto', () =>
    checked(statementSchema, JSON.parse(payload.toString('utf8'))),
  );
  const problems: string[] = [];
  if (statement.predicateType !== PROVENANCE)
    problems.push(`the predicate is ${quoted(statement.predicateType)}, and must be ${PROVENANCE}`);
  const [subject, ...others] = statement.subject;
  if (others.length > 0)
    problems.push(`it is about ${statement.subject.length} subjects, and must be about this image alone`);
  const sha256 = subject?.digest['sha256'];
  if (sha256 === undefined || `sha256:${sha256}` !== digest)
    problems.push(
      `it is about ${sha256 === undefined ? 'no' : quoted(`sha256:${sha256}`)}, and not this digest`,
    );
  if (subjectName !== undefined && subject?.name !== subjectName)
    problems.push(`it is about ${quoted(subject?.name ?? 'no name')}, and must be about ${subjectName}`);
  return problems;
}

/** What a certificate's extensions say; undefined: nothing, more than one thing, or no text. */
function extensionsOf({ identity }: Signer): (oid: string) => string | undefined {
  const all = identity?.oids ?? [];
  return (oid) => {
    const [found, another] = all.filter(({ oid: each }) => each?.id.join('.') === oid);
    return found === undefined || another !== undefined ? undefined : derText(found.value);
  };
}

/** A UTF8String of DER that has nothing after it. */
function derText(der: Uint8Array): string | undefined {
  const [tag, first = 0, second = 0] = der;
  const [from, length] = first < 0x80 ? [2, first] : [3, second];
  if (tag !== 0x0c || first > 0x81 || first === 0x80 || der.length !== from + length) return undefined;
  const text = Buffer.from(der.subarray(from));
  return text.equals(Buffer.from(text.toString('utf8'))) ? text.toString('utf8') : undefined;
}

/** @throws Error with the first thing that is wrong */
function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const { success, data, error } = schema.safeParse(value);
  if (success) return data;
  const { path, message } = error.issues[0] as z.core.$ZodIssue;
  throw new Error(`${path.join('.') || 'the document'}: ${message}`);
}

/** @throws Unfit in place of what the library and Node throw: what it reads is made by whoever wanted to be deployed */
function attempt<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Unfit) throw error;
    throw new Unfit(`${what}: ${words(error)}`);
  }
}

/** The library wraps: the innermost error says what it is. */
function words(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : { message: String(error) };
  const own = clipped(visible(message));
  return cause instanceof Error ? `${own}: ${clipped(visible(cause.message))}` : own;
}

function quoted(value: string): string {
  const text = visible(value);
  return text.length > MAX_VALUE_CHARACTERS ? `${text.slice(0, MAX_VALUE_CHARACTERS)}…` : text;
}

function clipped(text: string): string {
  return text.length > MAX_REASON_CHARACTERS ? `${text.slice(0, MAX_REASON_CHARACTERS)}…` : text;
}
