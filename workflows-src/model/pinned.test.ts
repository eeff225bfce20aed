import { PINS } from './pinned';

describe('pins', () => {
  it.each(Object.entries(PINS))('%s is one commit with its release', (_name, { version, sha, released }) => {
    expect(sha).toMatch(/^[0-9a-f]{40}$/);
    expect(version).toMatch(/^v\d+\.\d+\.\d+$/);
    expect(released).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });
});
