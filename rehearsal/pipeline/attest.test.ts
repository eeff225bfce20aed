import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { connectCommand } from '../../workflows-src/github/connect';
import { PINS } from '../../workflows-src/model/pinned';
import { readTrustedRoots, verifyAttestation } from '../../workflows-src/release/attestation';
import { attestationsOf } from '../../workflows-src/release/attestations-of';
import { FakeGitHub } from '../github/fake-github';
import { TestSigstore } from '../sigstore';
import { type ActRun, runAct } from './act';
import { rehearsed, TEST_MS } from './support';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const NAME = 'registry/shop/api';
const BILL = { spdxVersion: 'SPDX-2.3', SPDXID: 'SPDXRef-DOCUMENT' };
const WORKFLOW = `
on: push
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - run: echo '${JSON.stringify(BILL)}' > bill.json
      - uses: actions/attest@${PINS['actions/attest'].sha}
        id: attest
        with: { subject-name: ${NAME}, subject-digest: '${DIGEST}' }
      - uses: actions/attest@${PINS['actions/attest'].sha}
        with: { subject-name: ${NAME}, subject-digest: '${DIGEST}', sbom-path: bill.json }
      - run: |
          gh attestation trusted-root > "$PRINTED_ROOTS"
          echo "stored as \${{ steps.attest.outputs.attestation-url }}"
`;

rehearsed('a job that attests an image', () => {
  let folder: string;
  let fake: FakeGitHub;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-attest-'));
    fake = await FakeGitHub.start({ repository: { owner: 'acme', repo: 'shop', id: 4711 } });
  });
  afterEach(async () => {
    await fake.close();
    rmSync(folder, { recursive: true, force: true });
    expect(fake.violations).toEqual([]);
  });

  /** @param env in place of what the runner gives a job that may have a token */
  const run = async (env: Record<string, string> = {}): Promise<ActRun & { readonly sha: string }> => {
    const checkout = join(folder, 'checkout');
    mkdirSync(join(checkout, '.github/workflows'), { recursive: true });
    writeFileSync(join(checkout, '.github/workflows/apply.yml'), WORKFLOW);
    const git = (...args: readonly string[]): string =>
      execFileSync('git', args, { cwd: checkout, encoding: 'utf8' }).trim();
    git('init', '--quiet', '--initial-branch=main');
    git('add', '--all');
    git('-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit', '--quiet', '-m', 'All');
    const sha = git('rev-parse', 'HEAD');
    const { id } = fake.repository.addRun({
      workflow: 'apply.yml',
      event: 'push',
      headSha: sha,
      headBranch: 'main',
      status: 'in_progress',
    });
    const sigstore = TestSigstore.create();
    const [keys, roots] = [join(folder, 'keys.json'), join(folder, 'roots.jsonl')];
    writeFileSync(keys, sigstore.keys);
    writeFileSync(roots, sigstore.trustedRoots);
    const ran = await runAct({
      folder,
      checkout,
      workflow: 'apply.yml',
      event: { name: 'push', payload: { ref: 'refs/heads/main' } },
      token: fake.token,
      env: {
        FAIRLEAD_ROOT: join(__dirname, '../..'),
        FAKE_SIGSTORE: keys,
        FAKE_TRUSTED_ROOTS: roots,
        PRINTED_ROOTS: join(folder, 'printed.jsonl'),
        GITHUB_API_URL: fake.url,
        GITHUB_REPOSITORY: 'acme/shop',
        ACTIONS_ID_TOKEN_REQUEST_URL: `${fake.url}/_fake/oidc?run=${id}`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'a-token-for-tokens',
        ...env,
      },
    });
    return { ...ran, sha };
  };

  it(
    'stores what a later release verifies by the roots that gh prints',
    async () => {
      const { code, log, sha } = await run();
      expect([code, log]).toEqual([0, expect.stringContaining('stored as https://github.com/acme/shop/')]);
      expect(fake.repository.attestations.map(({ predicateType }) => predicateType)).toEqual([
        'https://slsa.dev/provenance/v1',
        'https://spdx.dev/Document/v2.3',
      ]);
      const file = join(folder, 'printed.jsonl');
      const env = { GITHUB_TOKEN: fake.token, GITHUB_API_URL: fake.url, GITHUB_REPOSITORY: 'acme/shop' };
      const verified = verifyAttestation({
        digest: DIGEST,
        bundles: await attestationsOf(connectCommand(env), DIGEST),
        trustedRoots: readTrustedRoots(readFileSync(file, 'utf8'), file),
        policy: {
          owner: 'acme',
          repository: 'shop',
          repositoryId: 4711,
          workflow: 'apply.yml',
          subjectName: NAME,
        },
      });
      expect(verified.commit).toBe(sha);
    },
    TEST_MS,
  );

  it(
    'fails without the permission for a token of identity, and stores nothing',
    async () => {
      const { code, log } = await run({ ACTIONS_ID_TOKEN_REQUEST_URL: '' });
      expect(code).not.toBe(0);
      expect(log).toContain('missing "id-token" permission');
      expect(fake.repository.attestations).toEqual([]);
    },
    TEST_MS,
  );
});
