import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import type { StackManifest } from 'cdktf';

import { checkConfig, type Services } from './check-config';
import { config as givenConfig, type Config } from './config';
import { synthesize } from './main';
import { loadServiceDescriptors } from './services';
import type { StackJson } from './test-json';

/** This repository's own configuration and services, checked. */
export const given: { readonly config: Config; readonly services: Services } = checkConfig(
  givenConfig,
  loadServiceDescriptors(resolve(__dirname, '../services')),
);

/** Every stack of the app, by id. */
export function stacksOf(
  config: Config = given.config,
  services: Services = given.services,
): Record<string, StackJson> {
  return synthesized(
    config,
    services,
    ({ synthesizedStackPath }, outdir) =>
      JSON.parse(readFileSync(join(outdir, synthesizedStackPath), 'utf8')) as StackJson,
  );
}

/** The stacks that come before each, by its id. */
export function dependenciesOf(config: Config, services: Services): Record<string, readonly string[]> {
  return synthesized(config, services, ({ dependencies }) => dependencies);
}

function synthesized<T>(
  config: Config,
  services: Services,
  read: (stack: StackManifest, outdir: string) => T,
): Record<string, T> {
  const outdir = mkdtempSync(join(tmpdir(), 'fairlead-synth-'));
  // cdktf takes a stack trace for each token, and Jest maps each back to TypeScript: a third of the time, for nothing.
  const { prepareStackTrace } = Error;
  Error.prepareStackTrace = String;
  try {
    const { manifest } = synthesize(config, services, outdir);
    return Object.fromEntries(
      Object.entries(manifest.stacks).map(([id, stack]) => [id, read(stack, outdir)]),
    );
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    rmSync(outdir, { recursive: true });
  }
}

/** @throws Error naming the stacks there are */
export function stackOf(stacks: Readonly<Record<string, StackJson>>, id: string): StackJson {
  const stack = stacks[id];
  if (!stack) throw new Error(`no stack ${id}; there are ${Object.keys(stacks).join(', ')}`);
  return stack;
}
