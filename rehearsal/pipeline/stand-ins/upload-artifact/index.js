'use strict';
/** Uploads files to the fake GitHub, as one artifact of this run. */
const { existsSync, readdirSync, readFileSync, statSync } = require('node:fs');
const { basename, join } = require('node:path');
const { zipSync } = require(`${process.env.FAIRLEAD_ROOT}/node_modules/fflate`);

async function main() {
  const { INPUT_PATH: path, INPUT_ARCHIVE: archive, FAKE_GITHUB: github, GITHUB_RUN_ID: run } = process.env;
  // A file that is uploaded as it is has no other name than its own.
  const name = archive === 'false' ? basename(path) : process.env.INPUT_NAME || 'artifact';
  const none = process.env['INPUT_IF-NO-FILES-FOUND'];
  const folder = existsSync(path) && statSync(path).isDirectory();
  const files = folder ? readdirSync(path).map((file) => join(path, file)) : existsSync(path) ? [path] : [];
  if (files.length === 0) {
    if (none === 'error') throw new Error(`No files were found with the provided path: ${path}`);
    console.log(`No files were found with the provided path: ${path}`);
    return;
  }
  const zip = zipSync(Object.fromEntries(files.map((file) => [basename(file), readFileSync(file)])));
  const answer = await fetch(`${github}/_fake/runs/${run}/artifacts/${name}`, { method: 'PUT', body: zip });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
