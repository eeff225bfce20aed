/** A release tag as numbers; undefined for any other tag, such as `v4`, `v2.0.0-beta.1` and `codeql-bundle-v2.20.0`. */
export function parsedVersion(tag: string): readonly [number, number, number] | undefined {
  const [, ...parts] = /^v(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/.exec(tag) ?? [];
  return parts.length === 3 ? [Number(parts[0]), Number(parts[1]), Number(parts[2])] : undefined;
}

/** Below zero when the first is older. @throws Error for what is no release tag */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [must(a), must(b)];
  return left[0] - right[0] || left[1] - right[1] || left[2] - right[2];
}

/** How many majors lie between two releases; 0 when the second is not newer. */
export function majorsBetween(from: string, to: string): number {
  return Math.max(0, must(to)[0] - must(from)[0]);
}

function must(tag: string): readonly [number, number, number] {
  const parsed = parsedVersion(tag);
  if (!parsed) throw new Error(`'${tag}' is no release tag; valid: v1.2.3`);
  return parsed;
}
