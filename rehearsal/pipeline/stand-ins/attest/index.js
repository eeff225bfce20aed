'use strict';
/**
 * Signs a statement about an image as the real action does, as the identity that the job's token says, and stores it at the
 * fake GitHub: build provenance, or with `sbom-path` what the image is made of. The certificate authority is the rehearsal's,
 * with its keys in the file FAKE_SIGSTORE.
 */
const { appendFileSync, mkdtempSync, readFileSync, writeFileSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');

const { FAIRLEAD_ROOT } = process.env;
require(require.resolve('tsx/cjs', { paths: [FAIRLEAD_ROOT] }));
const { provenance, softwareBill, TestSigstore } = require(`${FAIRLEAD_ROOT}/rehearsal/sigstore.ts`);

const DONE_OTHERWISE = ['subject-path', 'subject-checksums', 'predicate', 'predicate-path', 'predicate-type'];

async function main() {
  const { FAKE_SIGSTORE, GITHUB_API_URL, GITHUB_REPOSITORY, RUNNER_TEMP = tmpdir() } = process.env;
  const unknown = DONE_OTHERWISE.filter((name) => input(name) !== '');
  if (unknown.length > 0) throw new Error(`the stand-in does not know ${unknown.join(', ')}`);
  if (input('push-to-registry') === 'true') throw new Error('the stand-in pushes to no registry');
  const subject = { name: input('subject-name'), digest: input('subject-digest') };
  if (subject.digest === '')
    throw new Error('One of subject-path, subject-digest, or subject-checksums must be provided');
  if (subject.name === '') throw new Error('subject-name must be provided when using subject-digest');
  if (!/^sha256:[0-9a-f]{64}$/.test(subject.digest))
    throw new Error('subject-digest must be in the format "sha256:<hex-digest>"');

  const identity = await identityOfJob();
  const sbom = input('sbom-path');
  const statement =
    sbom === ''
      ? provenance(subject, identity)
      : softwareBill(subject, JSON.parse(readFileSync(sbom, 'utf8')));
  const instance = identity.repository_visibility === 'public' ? 'public-good' : 'github';
  const sigstore = TestSigstore.withKeys(readFileSync(FAKE_SIGSTORE, 'utf8'));
  const bundle = sigstore.attest(statement, identity, { instance });

  const answer = await fetch(`${GITHUB_API_URL}/repos/${GITHUB_REPOSITORY}/attestations`, {
    method: 'POST',
    headers: { authorization: `token ${input('github-token')}` },
    body: JSON.stringify({ bundle }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`Failed to persist attestation: ${body.message}`);
  const file = join(mkdtempSync(join(RUNNER_TEMP, 'attestation-')), 'attestation.json');
  writeFileSync(file, JSON.stringify(bundle));
  output('attestation-id', body.id);
  output('attestation-url', `https://github.com/${GITHUB_REPOSITORY}/attestations/${body.id}`);
  output('bundle-path', file);
}

/** What the token says that GitHub gives to a job that may have one. */
async function identityOfJob() {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = process.env;
  if (!url || !token)
    throw new Error(
      'missing "id-token" permission. Please add "permissions: id-token: write" to your workflow.',
    );
  const answer = await fetch(`${url}&audience=sigstore`, { headers: { authorization: `bearer ${token}` } });
  const { value } = await answer.json();
  const claims = JSON.parse(Buffer.from(value.split('.')[1], 'base64url').toString('utf8'));
  if (claims.aud !== 'sigstore' || claims.workflow_ref === undefined)
    throw new Error('the OIDC token does not say which job it is of');
  return claims;
}

function input(name) {
  return (process.env[`INPUT_${name.toUpperCase()}`] ?? '').trim();
}

function output(name, value) {
  appendFileSync(process.env.GITHUB_OUTPUT, `${name}=${value}\n`);
}

main().catch((error) => {
  console.log(`::error::${error.message}`);
  process.exitCode = 1;
});
