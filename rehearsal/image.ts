import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { run } from '../workflows-src/terraform/process';

/**
 * An OCI image manifest over a service's files: one layer, addressed by its true digests. The emulator's registry takes
 * manifests but no layers, so this is what it is given where no container engine builds the real image.
 * https://github.com/opencontainers/image-spec/blob/main/manifest.md
 */
export async function imageManifest(
  servicesFolder: string,
  service: string,
  architecture: 'arm64' | 'x86_64',
  signal?: AbortSignal,
): Promise<string> {
  const {
    code,
    stdout: layer,
    stderr,
  } = await run('tar', ['-cz', '--exclude', 'node_modules', '-C', servicesFolder, service], { signal });
  if (code !== 0)
    throw new Error(`${join(servicesFolder, service)} cannot be packed (tar exit ${code}): ${stderr.trim()}`);
  const config = JSON.stringify({
    architecture: architecture === 'x86_64' ? 'amd64' : architecture,
    os: 'linux',
    config: { User: '10001:10001' },
    rootfs: { type: 'layers', diff_ids: [digest(gunzipSync(layer))] },
  });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digest(config),
      size: Buffer.byteLength(config),
    },
    layers: [
      { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: digest(layer), size: layer.length },
    ],
  });
}

function digest(bytes: string | Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
