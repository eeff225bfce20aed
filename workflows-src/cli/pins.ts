import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { connectLookup } from '../pins/connect';
import type { Lookup, LookupOptions } from '../pins/lookup';
import { pinProblems, PINS_FILE, placeOf, printPins, readPins, type PinsData } from '../pins/pin-file';
import { ageInDays, COOLDOWN_DAYS, day, outlookOf, refresh, verify } from '../pins/refresh';
import { majorsBetween } from '../pins/version';
import { type CommandIo, UsageError } from './io';
import { writeWhole } from './write-whole';

const HELP = `usage: npm run pins                            lists each pin: version, age, and what is newer
       npm run pins -- --update [action…]      takes the newest releases; default: of all actions
       npm run pins -- --check [--offline]     says what is wrong with them

${PINS_FILE} says which commit of each third-party action the workflows run, and its inputs and outputs.
--update looks up the newest release tag of each action, resolves it to its commit, reads the action.yml there, and says
what changed. Actions of one repository go together. Nothing is written unless everything could be looked up.

  --no-cooldown   with --update: also releases younger than ${COOLDOWN_DAYS} days, in which most that are malicious are found out
  --offline       with --check: only what can be told without asking GitHub
  --help

GITHUB_TOKEN is used where it is set: without it GitHub answers 60 requests an hour, which is enough for one run. GITHUB_API_URL
is respected.

Exit codes: 0 done, or nothing is wrong; 1 a pin is wrong (--check; a tag that moved is an alarm), or something could not be
looked up; 2 called wrongly; 130 interrupted.
`;

/** @param patience how long to wait for a GitHub that does not answer */
export async function pinsCommand(
  argv: readonly string[],
  io: CommandIo,
  patience: LookupOptions = {},
  now: () => Date = () => new Date(),
): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      update: { type: 'boolean' },
      check: { type: 'boolean' },
      offline: { type: 'boolean' },
      'no-cooldown': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    io.out(HELP);
    return 0;
  }
  if (values.update && values.check) throw new UsageError('--update and --check: one at a time');
  if (values.offline && !values.check) throw new UsageError('--offline is for --check');
  if (values['no-cooldown'] && !values.update) throw new UsageError('--no-cooldown is for --update');
  if (positionals.length > 0 && !values.update)
    throw new UsageError(`names are for --update, got ${positionals.join(', ')}`);

  const path = join(io.cwd, PINS_FILE);
  const pins = readPins(readFileSync(path, 'utf8'));
  if (values.check && values.offline) return said(io, pins, pinProblems(pins));
  const lookup = connectLookup(io.env, { ...(io.signal && { signal: io.signal }), ...patience });
  if (values.check) {
    const problems = await verify(lookup, pins);
    io.signal?.throwIfAborted();
    return said(io, pins, problems);
  }
  if (!values.update) return list(io, lookup, pins, now());

  const cooldownDays = values['no-cooldown'] ? 0 : COOLDOWN_DAYS;
  const names = selected(pins, positionals);
  const { pins: after, lines, problems } = await refresh(lookup, pins, names, { now: now(), cooldownDays });
  io.signal?.throwIfAborted();
  if (problems.length > 0) {
    io.err(`${problems.join('\n')}\nnothing was written\n`);
    return 1;
  }
  if (cooldownDays === 0) io.err('without a cooldown: releases of today are taken too\n');
  for (const line of lines) io.out(`${line}\n`);
  const text = printPins(after);
  if (text === readFileSync(path, 'utf8')) {
    io.out(`nothing to do: ${names.length} pins are the newest releases\n`);
    return 0;
  }
  writeWhole(path, text);
  io.out(`wrote ${PINS_FILE}: now npm run check:types, and npm run workflows\n`);
  return 0;
}

/** The pins of the repositories that are named. @throws UsageError for a name without a pin */
function selected(pins: PinsData, names: readonly string[]): string[] {
  const all = Object.keys(pins);
  if (names.length === 0) return all;
  const repositoryOf = (name: string): string => name.split('/').slice(0, 2).join('/');
  const unknown = names.filter((name) => !all.includes(name) && !all.map(repositoryOf).includes(name));
  if (unknown.length > 0)
    throw new UsageError(`there is no pin of ${unknown.join(', ')}; there are ${all.join(', ')}`);
  const wanted = new Set(names.map(repositoryOf));
  return all.filter((name) => wanted.has(repositoryOf(name)));
}

function said(io: CommandIo, pins: PinsData, problems: readonly string[]): number {
  for (const problem of problems) io.out(`${problem}\n`);
  if (problems.length > 0) return 1;
  io.out(`${Object.keys(pins).length} pins are as they should be\n`);
  return 0;
}

async function list(io: CommandIo, lookup: Lookup, pins: PinsData, now: Date): Promise<number> {
  const width = Math.max(...Object.keys(pins).map((name) => name.length));
  const lines = await Promise.all(
    Object.entries(pins).map(async ([name, { version, released }]) => {
      const age = `${Math.floor(ageInDays(new Date(released), now))} days`;
      const start = `${name.padEnd(width)}  ${version.padEnd(9)} ${age.padStart(9)}`;
      try {
        return { text: `${start}  ${await newerThan(lookup, name, version, now)}`, failure: undefined };
      } catch (error) {
        if (io.signal?.aborted) throw error;
        return { text: `${start}  what is newer is not known`, failure: (error as Error).message };
      }
    }),
  );
  for (const { text } of lines) io.out(`${text}\n`);
  const failures = new Set(lines.flatMap(({ failure }) => failure ?? []));
  for (const failure of failures) io.err(`${failure}\n`);
  return failures.size > 0 ? 1 : 0;
}

async function newerThan(lookup: Lookup, name: string, version: string, now: Date): Promise<string> {
  const { next, waiting } = await outlookOf(lookup, name, version, { now });
  const parts = [
    ...(next
      ? [
          `${next.tag.name} is newer, of ${day(next.release.publishedAt)}` +
            (majorsBetween(version, next.tag.name) > 0 ? ', A MAJOR' : ''),
        ]
      : []),
    ...waiting.map(
      ({ tag, release }) =>
        `${tag.name} of ${day(release.publishedAt)} is in its cooldown of ${COOLDOWN_DAYS} days`,
    ),
  ];
  if (parts.length > 0) return parts.join('; ');
  const known = (await lookup.versionTags(placeOf(name))).some((tag) => tag.name === version);
  return known ? 'the newest' : `GitHub knows no ${version} of it`;
}
