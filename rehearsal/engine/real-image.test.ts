import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import service from '../../services/api/service';
import { RealImages } from '../real-image';

const LONG = 600_000;
const abort = new AbortController();
let images: RealImages | undefined;
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-real-image-'));
  const opened = await RealImages.open({
    env: process.env,
    services: ['api'],
    source: 'https://github.com/acme/shop',
    signal: abort.signal,
    say: (line) => void process.stderr.write(`${line}\n`),
  });
  if (typeof opened !== 'string') images = opened;
  else if (process.env.CI) throw new Error(opened);
  else process.stderr.write(`\nTESTS OF THE REHEARSED IMAGE ARE NOT RUN: ${opened}\n\n`);
}, LONG);

afterAll(async () => {
  await images?.close();
  rmSync(folder, { recursive: true, force: true });
});

test(
  'what the rehearsal ships answers as a container with the database that a laptop has, and stops in order',
  async () => {
    if (!images) return;
    const { digest, manifest } = await images.ship('api');
    expect(digest).toBe(`sha256:${createHash('sha256').update(manifest).digest('hex')}`);
    const log = join(folder, 'api.log');
    const running = await images.run('api', { descriptor: service, log, postgres: undefined });
    try {
      expect(running.said).toMatch(/read-only .* and the embedded database$/);
      const answer = await fetch(`${running.url}${service.readinessPath}`);
      expect(answer.status).toBe(200);
    } finally {
      await running.stop();
    }
    await expect(fetch(running.url)).rejects.toThrow();
    const said = existsSync(log) && readFileSync(log, 'utf8');
    expect(said).not.toMatch(/EROFS|"level":"(error|fatal)"/);
    expect(said).toContain('There is no /docs here');
  },
  LONG,
);
