'use strict';
/** Downloads the artifacts of this run whose names fit a pattern, each into a folder of its own unless they are merged. */
const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');
const { unzipSync } = require(`${process.env.FAIRLEAD_ROOT}/node_modules/fflate`);

async function main() {
  const { INPUT_PATTERN: pattern, INPUT_PATH: path, FAKE_GITHUB: github, GITHUB_RUN_ID: run } = process.env;
  const isMerged = process.env['INPUT_MERGE-MULTIPLE'] === 'true';
  const list = await fetch(`${github}/_fake/runs/${run}/artifacts?pattern=${encodeURIComponent(pattern)}`);
  for (const { id, name } of await list.json()) {
    const answer = await fetch(`${github}/_fake/artifacts/${id}`);
    if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
    const folder = isMerged ? path : join(path, name);
    mkdirSync(folder, { recursive: true });
    for (const [file, bytes] of Object.entries(unzipSync(new Uint8Array(await answer.arrayBuffer()))))
      writeFileSync(join(folder, file), bytes);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
