import { readActionYml } from './action-yml';
import { changesOf } from './changes';
import type { Lookup, Release, Tag } from './lookup';
import {
  type Interface,
  type PinData,
  pinProblems,
  type PinsData,
  placeOf,
  sealed,
  updateCommand,
} from './pin-file';
import { compareVersions } from './version';

/** How long a release waits before it is taken: most that are malicious or broken are found out within days. */
export const COOLDOWN_DAYS = 7;

/** How many releases of an action are looked at, from the newest on: a release without notes or in cooldown is passed over. */
const MAX_LOOKED_AT = 10;

const DAY_MS = 24 * 60 * 60 * 1000;

/** How far a release may be from the day that is written down: some are published days after they are tagged. */
const RELEASED_TOLERANCE_DAYS = 3;

export interface Newer {
  readonly tag: Tag;
  readonly release: Release;
}

/** What is newer than a pin. */
export interface Outlook {
  /** The newest release that is old enough; undefined: none. */
  readonly next: Newer | undefined;
  /** Newer ones in their cooldown, the newest first. */
  readonly waiting: readonly Newer[];
}

export interface RefreshOptions {
  readonly now: Date;
  /** @default COOLDOWN_DAYS */
  readonly cooldownDays?: number;
}

/** @throws Error as Lookup */
export async function outlookOf(
  lookup: Lookup,
  name: string,
  version: string,
  { now, cooldownDays = COOLDOWN_DAYS }: RefreshOptions,
): Promise<Outlook> {
  const place = placeOf(name);
  const newer = (await lookup.versionTags(place))
    .filter((tag) => compareVersions(tag.name, version) > 0)
    .sort((a, b) => compareVersions(b.name, a.name));
  const waiting: Newer[] = [];
  for (const tag of newer.slice(0, MAX_LOOKED_AT)) {
    const release = await lookup.release(place, tag.name);
    if (release === undefined || release.isPrerelease) continue;
    if (ageInDays(release.publishedAt, now) >= cooldownDays) return { next: { tag, release }, waiting };
    waiting.push({ tag, release });
  }
  return { next: undefined, waiting };
}

export interface Refreshed {
  readonly pins: PinsData;
  /** What changed, and what was left alone and why. */
  readonly lines: readonly string[];
  /** What is wrong: then nothing is to be written. */
  readonly problems: readonly string[];
}

/**
 * Takes the newest release of each action, with the inputs and outputs that its `action.yml` has there.
 * @param names of pins; those of one repository go together, because they are released together
 */
export async function refresh(
  lookup: Lookup,
  pins: PinsData,
  names: readonly string[],
  options: RefreshOptions,
): Promise<Refreshed> {
  const results = await Promise.allSettled(
    names.map(async (name) => {
      const before = pins[name] as PinData;
      return { name, before, ...(await refreshed(lookup, name, before, options)) };
    }),
  );
  const done = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  return {
    pins: { ...pins, ...Object.fromEntries(done.map(({ name, after }) => [name, after])) },
    lines: done.flatMap(({ name, before, after, waiting }) => [
      ...changesOf(name, before, after),
      ...waiting.map(
        ({ tag, release }) =>
          `${name}: ${tag.name} is ${Math.floor(ageInDays(release.publishedAt, options.now))} days old and waits until ` +
          `${day(new Date(release.publishedAt.getTime() + COOLDOWN_DAYS * DAY_MS))}; --no-cooldown takes it now`,
      ),
    ]),
    problems: failures(results),
  };
}

async function refreshed(
  lookup: Lookup,
  name: string,
  pin: PinData,
  options: RefreshOptions,
): Promise<{ readonly after: PinData; readonly waiting: readonly Newer[] }> {
  const place = placeOf(name);
  const { next, waiting } = await outlookOf(lookup, name, pin.version, options);
  const version = next?.tag.name ?? pin.version;
  const sha = next
    ? await lookup.commitOf(place, next.tag)
    : await unmoved(lookup, name, pin).then(() => pin.sha);
  const release = next?.release ?? (await lookup.release(place, pin.version));
  const after = sealed({
    version,
    sha,
    released: release === undefined ? pin.released : releasedDay(pin, version, release),
    ...(await interfaceAt(lookup, name, version, sha)),
  });
  return { after, waiting };
}

/** What is written down stays unless it is wrong: it may be the tag's day, which is as good. */
function releasedDay(pin: PinData, version: string, { publishedAt }: Release): string {
  if (pin.version === version && isNear(pin.released, publishedAt)) return pin.released;
  return day(publishedAt);
}

function isNear(released: string, publishedAt: Date): boolean {
  return Math.abs(publishedAt.getTime() - Date.parse(released)) <= RELEASED_TOLERANCE_DAYS * DAY_MS;
}

/** @throws Error when the pin's tag stands for something else than it did, or is gone */
async function unmoved(lookup: Lookup, name: string, { version, sha }: PinData): Promise<void> {
  const { owner, repo } = placeOf(name);
  const tag = (await lookup.versionTags({ owner, repo })).find((each) => each.name === version);
  if (!tag) {
    throw new Error(
      `${name}: ${owner}/${repo} has no tag ${version} any more: find out why before you run it again`,
    );
  }
  const now = await lookup.commitOf({ owner, repo }, tag);
  if (now !== sha) {
    throw new Error(
      `${name}: ALARM: the tag ${version} stands for ${now} now, and the pin says ${sha}. A release that moves may be an ` +
        `attack: compare https://github.com/${owner}/${repo}/compare/${sha}...${now}`,
    );
  }
}

/** @throws Error when there is no `action.yml`, or it is none */
async function interfaceAt(lookup: Lookup, name: string, version: string, sha: string): Promise<Interface> {
  const place = placeOf(name);
  for (const file of ['action.yml', 'action.yaml']) {
    const path = place.folder === '' ? file : `${place.folder}/${file}`;
    const text = await lookup.file(place, path, sha);
    if (text !== undefined) return readActionYml(text, `${name} ${version}, ${path}`);
  }
  throw new Error(`${name}: ${version} (${sha}) has no action.yml and no action.yaml`);
}

/** What is wrong with the pins, by what GitHub says now; empty: nothing. */
export async function verify(lookup: Lookup, pins: PinsData): Promise<readonly string[]> {
  const offline = pinProblems(pins);
  const results = await Promise.allSettled(
    Object.entries(pins).map(async ([name, pin]) => {
      const place = placeOf(name);
      await unmoved(lookup, name, pin);
      const release = await lookup.release(place, pin.version);
      const current = await interfaceAt(lookup, name, pin.version, pin.sha);
      const after = sealed({ ...pin, ...current });
      const [, ...details] = changesOf(name, pin, after);
      const said = details.map((line) => line.trim());
      if (release !== undefined && !isNear(pin.released, release.publishedAt))
        said.push(`released ${day(release.publishedAt)}, and the pin says ${pin.released}`);
      return said.length === 0
        ? []
        : [
            `${name}: is not what its action.yml says at ${pin.sha}: ${said.join('; ')}: run '${updateCommand([name])}'`,
          ];
    }),
  );
  return [
    ...offline,
    ...results.flatMap((result) => (result.status === 'fulfilled' ? result.value : [])),
    ...failures(results),
  ];
}

/** Each reason once: pins of one repository fail for the same. */
function failures(results: readonly PromiseSettledResult<unknown>[]): string[] {
  const messages = results.flatMap((result) => {
    if (result.status === 'fulfilled') return [];
    return result.reason instanceof Error ? [result.reason.message] : [String(result.reason)];
  });
  return [...new Set(messages)];
}

export function ageInDays(since: Date, now: Date): number {
  return (now.getTime() - since.getTime()) / DAY_MS;
}

export function day(time: Date): string {
  return time.toISOString().slice(0, 10);
}
