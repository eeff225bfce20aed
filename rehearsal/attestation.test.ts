import { request as octokitRequest } from '@octokit/request';

import { connectCommand } from '../workflows-src/github/connect';
import type { GitHub } from '../workflows-src/github/github';
import { restGitHub } from '../workflows-src/github/rest';
import {
  AttestationError,
  type AttestationPolicy,
  MAX_BUNDLE_BYTES,
  MAX_BUNDLES,
  readTrustedRoots,
  verifyAttestation,
} from '../workflows-src/release/attestation';
import { attestationsOf } from '../workflows-src/release/attestations-of';
import { FakeGitHub } from './github/fake-github';
import {
  extensionsOf,
  type Instance,
  type JobIdentity,
  provenance,
  type SigningOptions,
  softwareBill,
  type TestBundle,
  TestSigstore,
} from './sigstore';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const OTHER_DIGEST = `sha256:${'e'.repeat(64)}`;
const NAME = '111111111111.dkr.ecr.eu-west-1.amazonaws.com/shop/api';
const POLICY: AttestationPolicy = {
  owner: 'acme',
  repository: 'shop',
  repositoryId: 4711,
  workflow: 'apply.yml',
  subjectName: NAME,
};
const JOB: JobIdentity = {
  iss: 'https://token.actions.githubusercontent.com',
  repository: 'acme/shop',
  repository_id: '4711',
  repository_owner_id: '1',
  repository_visibility: 'private',
  workflow_ref: 'acme/shop/.github/workflows/apply.yml@refs/heads/main',
  ref: 'refs/heads/main',
  sha: 'a'.repeat(40),
  event_name: 'push',
  run_id: '77',
  run_attempt: '2',
  runner_environment: 'github-hosted',
};
const FULCIO = '1.3.6.1.4.1.57264.1';

const sigstore = TestSigstore.create();
const trustedRoots = readTrustedRoots(sigstore.trustedRoots, 'trusted-root.jsonl');
const instances: readonly Instance[] = ['public-good', 'github'];

const attest = (
  job: Partial<JobIdentity> = {},
  how: SigningOptions = {},
  statement: object = provenance({ name: NAME, digest: DIGEST }, { ...JOB, ...job }),
): TestBundle => sigstore.attest(statement, { ...JOB, ...job }, how);

const verify = (
  bundles: readonly unknown[],
  policy: Partial<AttestationPolicy> = {},
): ReturnType<typeof verifyAttestation> =>
  verifyAttestation({
    digest: DIGEST,
    bundles: bundles.map((bundle) => (typeof bundle === 'string' ? bundle : JSON.stringify(bundle))),
    trustedRoots,
    policy: { ...POLICY, ...policy },
  });

const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof AttestationError) return error.message;
    throw error;
  }
  throw new Error('it was accepted');
};
const refusal = (bundle: unknown, policy: Partial<AttestationPolicy> = {}): string =>
  messageOf(() => verify([bundle], policy));

/** The bundle with one thing changed, wherever it lies. */
const changed = (bundle: TestBundle, change: (bundle: any) => void): unknown => {
  const copy: unknown = structuredClone(bundle);
  change(copy);
  return copy;
};
const bytesChanged = (base64: string, at = -1): string => {
  const bytes = Buffer.from(base64, 'base64');
  const index = at < 0 ? bytes.length + at : at;
  bytes.writeUInt8(bytes.readUInt8(index) ^ 1, index);
  return bytes.toString('base64');
};

describe.each(instances)('an attestation with the proofs of %s', (instance) => {
  it('is accepted, and says from which commit and run the image comes', () => {
    expect(verify([attest({}, { instance })])).toEqual({
      commit: 'a'.repeat(40),
      runUrl: 'https://github.com/acme/shop/actions/runs/77/attempts/2',
      workflow: '.github/workflows/apply.yml',
    });
  });

  it('is accepted a year after it was signed, when its certificate has long expired', () => {
    expect(verify([attest({}, { instance, at: new Date('2025-06-01T12:00:00Z') })]).commit).toBe(JOB.sha);
  });

  it.each<[string, Partial<JobIdentity>, string]>([
    [
      'another repository that has the name now',
      { repository_id: '4712' },
      'the number of the repository is 4712, and must be 4711',
    ],
    [
      'another repository',
      {
        repository: 'evil/shop',
        repository_id: '9',
        workflow_ref: 'evil/shop/.github/workflows/apply.yml@refs/heads/main',
      },
      'the workflow is https://github.com/evil/shop/.github/workflows/apply.yml@refs/heads/main, and must be',
    ],
    [
      'another workflow file',
      { workflow_ref: 'acme/shop/.github/workflows/plan.yml@refs/heads/main' },
      'the workflow is https://github.com/acme/shop/.github/workflows/plan.yml@refs/heads/main, and must be',
    ],
    [
      'a workflow file whose name begins with ours',
      { workflow_ref: 'acme/shop/.github/workflows/apply.yml@refs/heads/main-2' },
      'the workflow is https://github.com/acme/shop/.github/workflows/apply.yml@refs/heads/main-2, and must be',
    ],
    [
      'our workflow on another branch',
      { ref: 'refs/heads/change' },
      'the ref is refs/heads/change, and must be refs/heads/main',
    ],
    [
      'a tag that is called main',
      { ref: 'refs/tags/main' },
      'the ref is refs/tags/main, and must be refs/heads/main',
    ],
    [
      'another issuer',
      { iss: 'https://token.actions.githubusercontent.com.evil.example' },
      'the issuer of the identity is https://token.actions.githubusercontent.com.evil.example, and must be https://token.actions.githubusercontent.com',
    ],
    [
      'a self-hosted runner',
      { runner_environment: 'self-hosted' },
      'the runner is self-hosted, and must be github-hosted',
    ],
    ['a commit that is none', { sha: 'main' }, 'the commit is main, and must be 40 hexadecimal digits'],
    [
      'a run that is none',
      { run_id: '7/../8' },
      'the run is https://github.com/acme/shop/actions/runs/7/../8/attempts/2, and must be',
    ],
  ])('is refused from %s', (_what, job, message) => {
    expect(refusal(attest(job, { instance }))).toContain(`  1. ${message}`);
  });

  it('is refused about another digest', () => {
    const statement = provenance({ name: NAME, digest: OTHER_DIGEST }, JOB);
    expect(refusal(attest({}, { instance }, statement))).toContain(
      `it is about ${OTHER_DIGEST}, and not this digest`,
    );
  });

  it('is refused when its payload was changed', () => {
    const bundle = changed(
      attest({}, { instance }, provenance({ name: NAME, digest: OTHER_DIGEST }, JOB)),
      (all) => {
        all.dsseEnvelope.payload = attest({}, { instance }).dsseEnvelope.payload;
      },
    );
    expect(refusal(bundle)).toContain('its signature is not one of its payload by its certificate');
  });

  it('is refused when its signature was changed', () => {
    const bundle = changed(attest({}, { instance }), (all) => {
      all.dsseEnvelope.signatures[0].sig = bytesChanged(all.dsseEnvelope.signatures[0].sig);
    });
    expect(refusal(bundle)).toContain('its signature is not one of its payload by its certificate');
  });

  it('is refused with the certificate of another one', () => {
    const bundle = changed(attest({}, { instance }), (all) => {
      all.verificationMaterial.certificate = attest({}, { instance }).verificationMaterial.certificate;
    });
    expect(refusal(bundle)).toContain('its signature is not one of its payload by its certificate');
  });

  it('is refused when its certificate was changed', () => {
    const bundle = changed(attest({}, { instance }), (all) => {
      const { certificate } = all.verificationMaterial;
      const bytes = Buffer.from(certificate.rawBytes, 'base64').toString('latin1').replace('4711', '4712');
      certificate.rawBytes = Buffer.from(bytes, 'latin1').toString('base64');
    });
    expect(refusal(bundle)).toContain('is of none of the 2 trusted roots');
  });

  it('is refused from a Sigstore that nobody trusts, with the same names', () => {
    const foreign = TestSigstore.create().attest(provenance({ name: NAME, digest: DIGEST }, JOB), JOB, {
      instance,
    });
    expect(refusal(foreign)).toMatch(
      /1\. its certificate, of O=.+, CN=issuer, is of none of the 2 trusted roots/,
    );
  });

  it.each([
    ['had expired', new Date('2026-01-01T11:00:00Z')],
    ['did not hold yet', new Date('2026-01-01T12:30:00Z')],
  ])('is refused when its certificate %s as it was signed', (_what, certificateFrom) => {
    const at = new Date('2026-01-01T12:00:00Z');
    expect(refusal(attest({}, { instance, at, certificateFrom }))).toContain(
      'its proofs do not hold: Failed to verify certificate chain: certificate is not valid or expired',
    );
  });

  it('is refused when the predicate is something else', () => {
    const bill = softwareBill({ name: NAME, digest: DIGEST }, { spdxVersion: 'SPDX-2.3', SPDXID: 'x' });
    expect(refusal(attest({}, { instance }, bill))).toContain(
      'the predicate is https://spdx.dev/Document/v2.3, and must be https://slsa.dev/provenance/v1',
    );
  });

  it('is refused when it is about more than this image', () => {
    const statement: any = provenance({ name: NAME, digest: DIGEST }, JOB);
    statement.subject.push({ name: 'more', digest: { sha256: 'e'.repeat(64) } });
    expect(refusal(attest({}, { instance }, statement))).toContain('it is about 2 subjects');
  });

  it('is refused when it is about the image of another service', () => {
    expect(refusal(attest({}, { instance }), { subjectName: 'registry/shop/web' })).toContain(
      `it is about ${NAME}, and must be about registry/shop/web`,
    );
  });

  it.each(['8', '11', '12', '13', '14', '15', '21'])('is refused when extension %s is missing', (arc) => {
    const extensions = extensionsOf(JOB).filter(([id]) => id !== `${FULCIO}.${arc}`);
    expect(refusal(attest({}, { instance, extensions }))).toMatch(/is not said, and must be/);
  });
});

describe('the proofs that a root calls for', () => {
  it('are an entry in the log, where the root has one', () => {
    expect(refusal(attest({}, { proofs: false }))).toContain(
      'it has no entry in a transparency log, which its trusted root calls for, of O=sigstore.test, CN=issuer',
    );
  });

  it('are a timestamp, where the root has no log', () => {
    expect(refusal(attest({}, { instance: 'github', proofs: false }))).toContain(
      'it has no timestamp of an authority, which its trusted root calls for, of O=GitHub, Inc. (test), CN=issuer'.replace(
        'GitHub, Inc.',
        'GitHub\\, Inc.',
      ),
    );
  });

  it('are not the log of another root', () => {
    const log = attest().verificationMaterial.tlogEntries;
    const bundle = changed(attest({}, { instance: 'github', proofs: false }), (all) => {
      all.verificationMaterial.tlogEntries = log;
    });
    expect(refusal(bundle)).toContain('it has no timestamp of an authority');
  });

  it('are those of this signature', () => {
    const other = attest().verificationMaterial.tlogEntries;
    const entry = changed(attest(), (all) => (all.verificationMaterial.tlogEntries = other));
    expect(refusal(entry)).toContain('its proofs do not hold: tlog entry signature mismatch');
    const stamp = attest({}, { instance: 'github' }).verificationMaterial.timestampVerificationData;
    const stamped = changed(
      attest({}, { instance: 'github' }),
      (all) => (all.verificationMaterial.timestampVerificationData = stamp),
    );
    expect(refusal(stamped)).toContain('its proofs do not hold: timestamp could not be verified');
  });

  it.each<[string, (entry: any) => void, string]>([
    [
      'the time',
      (entry) => (entry.integratedTime = String(Number(entry.integratedTime) + 1)),
      'inclusion promise could not be verified',
    ],
    [
      'the promise',
      ({ inclusionPromise: promise }) =>
        (promise.signedEntryTimestamp = bytesChanged(promise.signedEntryTimestamp)),
      'inclusion promise could not be verified',
    ],
    [
      'the place in the tree',
      ({ inclusionProof: proof }) => (proof.hashes[0] = bytesChanged(proof.hashes[0])),
      'calculated root hash does not match inclusion proof',
    ],
    [
      'the root of the tree',
      ({ inclusionProof: { checkpoint } }) =>
        (checkpoint.envelope = checkpoint.envelope.replace('- 1', '- 2')),
      'invalid checkpoint signature',
    ],
  ])('do not hold when %s was changed', (_what, change, message) => {
    const bundle = changed(attest(), (all) => change(all.verificationMaterial.tlogEntries[0]));
    expect(refusal(bundle)).toContain(`its proofs do not hold: ${message}`);
  });

  it('are not asked of the library when a name in them would act in a regular expression', () => {
    const bundle = changed(attest(), (all) => {
      const { checkpoint } = all.verificationMaterial.tlogEntries[0].inclusionProof;
      checkpoint.envelope = checkpoint.envelope.replace('— rekor', '— (.+)+$rekor');
    });
    expect(refusal(bundle)).toContain('checkpoint.envelope: is signed by something that is no name');
  });

  it('are an entry in the log of certificates, where the root has one', () => {
    expect(refusal(attest({}, { isCertificateLogged: false }))).toContain('expected 1 SCTs, got 0');
  });

  it.each(instances)('are none of a certificate that is for something else (%s)', (instance) => {
    expect(refusal(attest({}, { instance, usage: '1.3.6.1.5.5.7.3.8' }))).toContain(
      'its certificate is none for signing code',
    );
  });

  it.each(instances)('say nothing by a certificate that says two things (%s)', (instance) => {
    const extensions = extensionsOf(JOB);
    extensions.push([`${FULCIO}.15`, '9']);
    expect(refusal(attest({}, { instance, extensions }))).toContain(
      'the number of the repository is not said, and must be 4711',
    );
  });

  it.each(instances)('say what they say to the end (%s)', (instance) => {
    const bundle = attest({ repository_id: '4711\u0000' }, { instance });
    expect(refusal(bundle)).toContain('the number of the repository is 4711\\u{0}, and must be 4711');
  });
});

describe('a bundle that is none', () => {
  it.each<[string, unknown, string]>([
    ['no JSON', 'garbage', 'it is no Sigstore bundle: '],
    ['null', 'null', 'it is no Sigstore bundle: the document: '],
    ['an empty object', {}, 'it is no Sigstore bundle: mediaType: '],
    [
      'of another type',
      changed(attest(), (all) => (all.mediaType = 'text/plain')),
      'mediaType: is not that of',
    ],
    ['unsigned', changed(attest(), (all) => (all.dsseEnvelope.signatures = [])), 'dsseEnvelope.signatures: '],
    [
      'signed twice',
      changed(attest(), ({ dsseEnvelope: { signatures } }) => signatures.push(signatures[0])),
      'dsseEnvelope.signatures: ',
    ],
    [
      'without a certificate',
      changed(attest(), (all) => {
        delete all.verificationMaterial.certificate;
        all.verificationMaterial.publicKey = { hint: 'mine' };
      }),
      'it is signed without a certificate',
    ],
    [
      'with a certificate that is none',
      changed(attest(), (all) => (all.verificationMaterial.certificate.rawBytes = 'AAAA')),
      'it is no Sigstore bundle: ',
    ],
    [
      'with a timestamp that is none',
      changed(
        attest({}, { instance: 'github' }),
        ({ verificationMaterial: { timestampVerificationData: data } }) =>
          (data.rfc3161Timestamps[0].signedTimestamp = 'AAAA'),
      ),
      'its proofs do not hold: ',
    ],
    [
      'of another payload',
      changed(attest(), (all) => (all.dsseEnvelope.payloadType = 'text/plain')),
      'dsseEnvelope.payloadType: ',
    ],
    [
      'of 2 MB',
      ' '.repeat(2_000_000),
      `a bundle has at most ${MAX_BUNDLE_BYTES} bytes, this one has 2000000`,
    ],
    ['of brackets', '['.repeat(1_000_000), 'it is no Sigstore bundle: '],
  ])('is refused: %s', (_what, bundle, message) => {
    const text = refusal(bundle);
    expect(text).toContain(message);
    expect(text).not.toMatch(/node_modules|\n {4}at /);
  });

  it('is refused when what it signs is no statement', () => {
    const bundle = sigstore.attest('{"_type":1}', JOB);
    expect(refusal(bundle)).toContain('its payload is no statement of in-toto: _type: ');
  });

  it('is not taken for what another part of it is', () => {
    const good = attest();
    const bundle = changed(
      sigstore.attest(provenance({ name: NAME, digest: DIGEST }, { ...JOB, repository_id: '9' }), {
        ...JOB,
        repository_id: '9',
      }),
      (all) => {
        all.verificationMaterial.x509CertificateChain = {
          certificates: [good.verificationMaterial.certificate],
        };
      },
    );
    expect(() => verify([bundle])).toThrow(AttestationError);
  });
});

describe('all attestations of an image', () => {
  it('say so when there is none', () => {
    expect(messageOf(() => verify([]))).toBe(
      `${DIGEST}: only an image that .github/workflows/apply.yml of acme/shop (4711) built on main and attested is deployed, ` +
        'GitHub has no attestation of it: look whether the run that built it has attested it, and whether the token has ' +
        'attestations: read; else build it anew by a merge into main that changes the service, and release that image',
    );
  });

  it('are enough when one of them fits', () => {
    expect(
      verify(['garbage', attest({ repository_id: '9' }), attest({}, { instance: 'github' })]).commit,
    ).toBe(JOB.sha);
  });

  it('are explained one by one, at most five, on one line each and with nothing that acts', () => {
    const evil = attest({ runner_environment: '\u001b[2Jx\n::error::y\u202e' });
    const lines = messageOf(() => verify([evil, ...Array<string>(7).fill('garbage')])).split('\n');
    expect(lines).toHaveLength(8);
    expect(lines[1]).toContain(
      'the runner is \\u{1b}[2Jx\\u{a}::error::y\\u{202e}, and must be github-hosted',
    );
    expect(lines[6]).toBe('  and 3 more');
    expect(lines.join('')).not.toMatch(/[\u001b\u202e]/);
  });

  it('are explained within bounds, whatever they say', () => {
    const long = attest({
      iss: 'x'.repeat(100),
      runner_environment: `a${'\u202e'.repeat(30)}`,
      run_id: '9'.repeat(40),
    });
    expect(messageOf(() => verify(Array<unknown>(MAX_BUNDLES).fill(long))).length).toBeLessThan(7_000);
  });

  it('are looked at up to a number', () => {
    const many = [...Array<string>(MAX_BUNDLES).fill('garbage'), JSON.stringify(attest())];
    expect(messageOf(() => verify(many))).toContain('none of its attestations (101) says so');
  });

  it('are none of what is no digest', () => {
    const ask = (): unknown =>
      verifyAttestation({ digest: 'latest\n', bundles: [], trustedRoots, policy: POLICY });
    expect(messageOf(ask)).toBe('latest\\u{a}: an image is named by sha256: and 64 hexadecimal digits');
  });
});

describe('trusted roots', () => {
  const [first = ''] = sigstore.trustedRoots.split('\n');
  const broken = (change: (root: any) => void): string => {
    const root: unknown = JSON.parse(first);
    change(root);
    return JSON.stringify(root);
  };
  it.each([
    ['are none', '\n', 'roots.jsonl: has no trusted root'],
    ['are no JSON', `${first}\n{`, 'roots.jsonl:2: a line is a trusted root of Sigstore: '],
    ['are something else', '{"mediaType":"text/plain"}', 'mediaType: is not that of a trusted root'],
    ['have no authority', broken((root) => (root.certificateAuthorities = [])), 'certificateAuthorities: '],
    [
      'have nothing that tells the time',
      broken((root) => (root.tlogs = [])),
      'it has neither a transparency log nor a timestamp authority',
    ],
    [
      'have a key that is none',
      broken((root) => (root.tlogs[0].publicKey.rawBytes = 'AAAA')),
      'roots.jsonl:1: a line is a trusted root',
    ],
    ['are too large', ' '.repeat(5_000_001), 'trusted roots have at most 5000000 bytes'],
  ])('fail when they %s, and say how to get them', (_what, text, message) => {
    const read = (): unknown => readTrustedRoots(text, 'roots.jsonl');
    expect(read).toThrow(message);
    expect(read).toThrow('write it anew: gh attestation trusted-root > roots.jsonl');
  });
});

describe('attestations at GitHub', () => {
  let fake: FakeGitHub;
  beforeEach(async () => {
    fake = await FakeGitHub.start({ repository: { owner: 'acme', repo: 'shop', id: 4711 } });
  });
  afterEach(async () => {
    await fake.close();
    expect(fake.violations).toEqual([]);
  });
  const post = (bundle: unknown, token = fake.token): Promise<Response> =>
    fetch(`${fake.url}/repos/acme/shop/attestations`, {
      method: 'POST',
      headers: { authorization: `token ${token}` },
      body: JSON.stringify({ bundle }),
    });
  const client = (token = fake.token): GitHub =>
    restGitHub(
      octokitRequest.defaults({ baseUrl: fake.url, headers: { authorization: `token ${token}` } }),
      { owner: 'acme', repo: 'shop' },
      { sleep: async () => {} },
    );

  it('are stored by a job and verified by the command of the next', async () => {
    expect((await post(attest({}, { instance: 'github' }))).status).toBe(201);
    const bill = softwareBill({ name: NAME, digest: DIGEST }, { bomFormat: 'CycloneDX', specVersion: '1.6' });
    expect((await post(attest({}, { instance: 'github' }, bill))).status).toBe(201);
    const env = { GITHUB_TOKEN: fake.token, GITHUB_API_URL: fake.url, GITHUB_REPOSITORY: 'acme/shop' };
    const bundles = await attestationsOf(connectCommand(env), DIGEST);
    expect(bundles).toHaveLength(1);
    expect(verify(bundles).commit).toBe(JOB.sha);
    expect(await attestationsOf(connectCommand(env), OTHER_DIGEST)).toEqual([]);
  });

  it('are read from where GitHub says that they lie, without the token, and again when that fails', async () => {
    fake.repository.addAttestation({ ...attest() }, { isOmitted: true });
    fake.fail({ path: /^\/attestations\//, kind: 'cut' });
    expect(verify(await attestationsOf(client(), DIGEST)).commit).toBe(JOB.sha);
  });

  it('are read from all pages, up to a number', async () => {
    const bundle = { ...attest() };
    for (let index = 0; index < 130; index += 1) fake.repository.addAttestation(bundle);
    expect(await client().attestations(DIGEST, { bundles: 120, bytes: 1 })).toHaveLength(120);
    expect(await client().attestations(DIGEST, { bundles: 500, bytes: 1 })).toHaveLength(130);
    expect(fake.requests.map(({ path }) => /after=/.test(path))).toEqual([false, true, false, true]);
  });

  it('fail when one that lies in the storage is too large, or no block of Snappy', async () => {
    fake.repository.addAttestation({ ...attest() }, { isOmitted: true });
    await expect(client().attestations(DIGEST, { bundles: 1, bytes: 100 })).rejects.toThrow(
      `attestations(${DIGEST}): the file has more than 100 bytes`,
    );
    const broken = { attestations: async () => [Buffer.from('{}')] };
    await expect(attestationsOf(broken, DIGEST)).rejects.toThrow(
      "a bundle in GitHub's storage is no block of Snappy",
    );
  });

  it.each([
    [{}, 'neither a bundle nor an address to read it from'],
    [{ bundle_url: 'no address' }, 'neither a bundle nor an address to read it from'],
    [7, "GitHub's answer is not what it documents: attestations.0: "],
  ])('fail when the answer is %j', async (entry, message) => {
    const answering = restGitHub(
      async () => ({ status: 200, headers: {}, data: { attestations: [entry] } }),
      { owner: 'acme', repo: 'shop' },
    );
    await expect(attestationsOf(answering, DIGEST)).rejects.toThrow(message);
  });

  it('are told apart from those that the token may not see', async () => {
    await expect(attestationsOf(client(fake.addToken('x', { contents: 'read' })), DIGEST)).rejects.toThrow(
      'GitHub answers 403 "Resource not accessible by integration": look whether the token has attestations: read',
    );
    expect((await post(attest(), fake.addToken('x', { attestations: 'read' }))).status).toBe(403);
  });

  it('are refused by GitHub when they are no signed statement', async () => {
    expect((await post({ mediaType: 'x' })).status).toBe(422);
  });

  it.each([
    [{}, 'GITHUB_TOKEN is not set'],
    [{ GITHUB_TOKEN: 'x' }, 'GITHUB_REPOSITORY is not set'],
  ])('need a connection: %j', (env, message) => {
    expect(() => connectCommand(env)).toThrow(message);
  });
});
