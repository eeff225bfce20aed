import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { baseImages, recipeOf } from './engine/stand-ins';

const dockerfile = readFileSync(join(__dirname, '../services/api/Dockerfile'), 'utf8');

test('the images that a Dockerfile builds on are those of its FROM lines, each once, without its own stages', () => {
  const text =
    'FROM --platform=$BUILDPLATFORM a:1@sha256:x AS one\nFROM one AS two\nfrom a:1@sha256:x\nFROM b:2\n';
  expect(baseImages(text)).toEqual(['a:1@sha256:x', 'b:2']);
});

test('the service builds on pinned images, for each of which there is a stand-in', () => {
  const images = baseImages(dockerfile);
  expect(images).toHaveLength(2);
  for (const image of images) {
    expect(image).toMatch(/@sha256:[0-9a-f]{64}$/);
    expect(recipeOf(image).packages).toContain('libstdc++6');
  }
});

test('a stand-in has the version of Node that its image says', () => {
  expect(recipeOf('node:24.18.0-bookworm-slim@sha256:x').node).toBe('24.18.0');
});

test('fails for an image that nothing stands in for', () => {
  expect(() => recipeOf('alpine:3@sha256:x')).toThrow(
    'alpine:3@sha256:x: no registry has it in reach, and rehearsal/engine/stand-ins.ts knows no stand-in for it: add a recipe there',
  );
});
