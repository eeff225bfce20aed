import { findPostgres } from './postgres';

const { CI } = process.env;

/** Without a database server these are not run, and say so; in CI they fail. */
export const onPostgres =
  CI || findPostgres() !== undefined ? describe : skippedLoudly('PostgreSQL', 'apt-get install postgresql');

/** The image to run in containers, as its engine knows it. */
export const serviceImage = process.env.SERVICE_IMAGE ?? '';

/** Without an image these are not run, and say so; in CI they fail. */
export const inContainer =
  CI || serviceImage !== ''
    ? test
    : skippedTestLoudly('an image of the service', 'build one and name it in SERVICE_IMAGE');

function skippedLoudly(what: string, remedy: string): jest.Describe {
  say(what, remedy);
  return describe.skip as jest.Describe;
}

function skippedTestLoudly(what: string, remedy: string): jest.It {
  say(what, remedy);
  return test.skip;
}

function say(what: string, remedy: string): void {
  process.stderr.write(`\nTESTS THAT NEED ${what} ARE NOT RUN: it is not here (${remedy}).\n\n`);
}
