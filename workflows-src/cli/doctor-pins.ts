import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { connectLookup } from '../pins/connect';
import type { Lookup } from '../pins/lookup';
import {
  pinProblems,
  PINS_FILE,
  PINS_COMMAND,
  placeOf,
  readPins,
  type PinsData,
  updateCommand,
} from '../pins/pin-file';
import { ageInDays } from '../pins/refresh';
import { compareVersions, majorsBetween } from '../pins/version';
import type { Finding } from './doctor';
import type { CommandIo } from './io';

/** An action that nobody released or looked at for so long is worth a look. */
const OLD_DAYS = 365;

/** Whoever is offline does not wait long for it: one attempt. */
const TIMEOUT_MS = 5_000;

/** What is to be said of the pins: their ages always, and the majors that they are behind where GitHub answers. */
export async function pinFindings(io: CommandIo, now: Date = new Date()): Promise<readonly Finding[]> {
  const file = join(io.cwd, PINS_FILE);
  if (!existsSync(file)) return [];
  let pins: PinsData;
  let lookup: Lookup;
  try {
    pins = readPins(readFileSync(file, 'utf8'));
    lookup = connectLookup(io.env, {
      maxAttempts: 1,
      requestTimeoutMs: TIMEOUT_MS,
      ...(io.signal && { signal: io.signal }),
    });
  } catch (error) {
    return [{ what: 'pins', said: (error as Error).message, remedy: 'Correct it' }];
  }
  const wrong = pinProblems(pins).map((problem) => ({
    what: 'pins',
    said: problem,
    remedy: 'Then commit what it writes',
  }));
  return [...wrong, ...agesOf(pins, now), await majorsOf(pins, lookup, io)];
}

function agesOf(pins: PinsData, now: Date): readonly Finding[] {
  const [oldest] = Object.entries(pins).sort(([, a], [, b]) => (a.released < b.released ? -1 : 1));
  if (!oldest) return [];
  const [name, { version, released }] = oldest;
  const days = Math.floor(ageInDays(new Date(released), now));
  const said = `${Object.keys(pins).length} pins, the oldest is ${name} ${version}, ${days} days old`;
  return [
    {
      what: 'pins',
      said,
      ...(days > OLD_DAYS && { remedy: `${PINS_COMMAND} says whether there is a newer one` }),
    },
  ];
}

async function majorsOf(pins: PinsData, lookup: Lookup, io: CommandIo): Promise<Finding> {
  const what = 'majors of pins';
  try {
    const behind = await Promise.all(
      Object.entries(pins).map(async ([name, { version }]) => {
        const tags = await lookup.versionTags(placeOf(name));
        const newest =
          tags
            .map((tag) => tag.name)
            .sort(compareVersions)
            .at(-1) ?? version;
        return majorsBetween(version, newest) > 0 ? [{ name, version, newest }] : [];
      }),
    );
    const all = behind.flat();
    if (all.length === 0) return { what, said: 'none is behind' };
    return {
      what,
      said: all.map(({ name, version, newest }) => `${name} ${version} is behind ${newest}`).join(', '),
      remedy: updateCommand(all.map(({ name }) => name)),
    };
  } catch (error) {
    if (io.signal?.aborted) throw error;
    return { what, said: `not known: ${(error as Error).message}` };
  }
}
