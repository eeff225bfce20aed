'use strict';
/** Asks for an OIDC token as the real action does, and hands the emulator's credentials to the steps that follow. */
const { appendFileSync } = require('node:fs');

async function main() {
  const {
    ACTIONS_ID_TOKEN_REQUEST_URL: url,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: token,
    EMULATOR_ENV,
    GITHUB_ENV,
  } = process.env;
  const answer = await fetch(`${url}&audience=sts.amazonaws.com`, {
    headers: { authorization: `bearer ${token}` },
  });
  const { value } = await answer.json();
  if (typeof value !== 'string' || value.split('.').length !== 3) throw new Error('got no OIDC token');
  for (const [name, setting] of Object.entries(JSON.parse(EMULATOR_ENV)))
    appendFileSync(GITHUB_ENV, `${name}=${setting}\n`);
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
