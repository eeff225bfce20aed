import { findPostgres } from '../postgres';

const { CI } = process.env;

/** Without a database server these are not run, and say so; in CI they fail. */
export const onPostgres: jest.Describe =
  CI || findPostgres() !== undefined
    ? describe
    : (skipLoudly('a PostgreSQL server', 'apt-get install postgresql'), describe.skip);

/** The image to run in containers, as its engine knows it; empty when none is given. */
export const serviceImage = process.env.SERVICE_IMAGE ?? '';

/** `test`, but without an image it is not run, and says so; in CI it fails. */
export function testInContainer(): jest.It {
  if (CI || serviceImage !== '') return test;
  skipLoudly('an image of the service', 'build one and name it in SERVICE_IMAGE');
  return test.skip;
}

function skipLoudly(what: string, remedy: string): void {
  process.stderr.write(`\nTESTS THAT NEED ${what} ARE NOT RUN: there is none here (${remedy}).\n\n`);
}
