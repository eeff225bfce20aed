import * as z from 'zod';

/** A check that the stacks say does not hold for a resource. */
export interface Skip {
  /** Such as `CKV_AWS_378`. */
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly reason: string;
}

const notes = z.looseObject({
  resource: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.looseObject({
          '//': z.looseObject({ checkov: z.record(z.string(), z.string()).default({}) }).optional(),
        }),
      ),
    )
    .default({}),
});

/**
 * What `skipCheck` wrote beside the resources of a stack.
 * @param configuration the parsed `cdk.tf.json`
 */
export function skipsOf(configuration: unknown): readonly Skip[] {
  return Object.entries(notes.parse(configuration).resource).flatMap(([type, named]) =>
    Object.entries(named).flatMap(([name, resource]) =>
      Object.entries(resource['//']?.checkov ?? {}).map(([id, reason]) => ({ id, type, name, reason })),
    ),
  );
}

/** A trust in GitHub's tokens that names no repository. */
export const SUBJECT_WITH_IDS = 'CKV_AWS_393';

/**
 * The skip that only a scan with all values known asks for: the trust of the roles for GitHub. checkov's pattern of a
 * subject knows no `@`, so that `repo:OWNER@ID/REPO@ID:…`, which names a repository more closely than the form that it knows,
 * is no repository to it. `stacks/house-rules.test.ts` holds what these roles trust. It is no `skipCheck` beside the roles,
 * because it says nothing of them.
 * @param configuration the parsed `cdk.tf.json`
 */
export function skipsOfSubjects(configuration: unknown): readonly Skip[] {
  return Object.entries(notes.parse(configuration).resource.aws_iam_role ?? {})
    .filter(([, role]) => String(role.assume_role_policy).includes('token.actions.githubusercontent.com'))
    .map(([name]) => ({
      id: SUBJECT_WITH_IDS,
      type: 'aws_iam_role',
      name,
      reason: 'It names the repository with its ids, whose @ the pattern of checkov does not know',
    }));
}

/**
 * The skips as checkov reads them: comments in resources of HCL, which it joins with those of a plan by type and name
 * (`--repo-root-for-plan-enrichment`). JSON has no comments.
 */
export function skipsAsHcl(skips: readonly Skip[]): string {
  const resources = new Map<string, Map<string, string>>();
  for (const { id, type, name, reason } of skips) {
    const head = `resource "${type}" "${name}"`;
    const said = resources.get(head) ?? new Map<string, string>();
    resources.set(head, said.set(id, reason));
  }
  return [...resources]
    .map(([head, said]) =>
      [`${head} {`, ...[...said].map(([id, reason]) => `  # checkov:skip=${id}:${reason}`), '}', ''].join(
        '\n',
      ),
    )
    .join('\n');
}
