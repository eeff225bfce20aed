'use strict';
/**
 * Downloads the artifact of this run that is named, or those whose names fit a pattern: each into a folder of its own, unless
 * they are merged or there is only one, as the real one does since v5.
 */
const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { unzipSync } = require(`${process.env.FAIRLEAD_ROOT}/node_modules/fflate`);

async function main() {
  const {
    INPUT_NAME: name,
    INPUT_PATTERN: pattern = name,
    INPUT_PATH: path,
    FAKE_GITHUB: github,
    GITHUB_RUN_ID: run,
  } = process.env;
  const isMerged = process.env['INPUT_MERGE-MULTIPLE'] === 'true';
  const list = await fetch(`${github}/_fake/runs/${run}/artifacts?pattern=${encodeURIComponent(pattern)}`);
  const found = await list.json();
  if (name && found.length === 0) throw new Error(`Artifact not found for name: ${name}`);
  for (const { id, name } of found) {
    const answer = await fetch(`${github}/_fake/artifacts/${id}`);
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    const folder = isMerged || found.length === 1 ? path : join(path, name);
    mkdirSync(folder, { recursive: true });
    for (const [file, bytes] of Object.entries(unzipSync(new Uint8Array(await answer.arrayBuffer()))))
      writeFileSync(join(folder, file), bytes);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
