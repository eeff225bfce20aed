import { APPLY_BYTES, APPLY_MARKER, withPart } from '../../comment/apply-body';
import { code } from '../../comment/markdown';
import { renderApply } from '../../comment/render-apply';
import type { GitHub } from '../../github/github';
import { upsertComment } from '../../github/sticky-comment';
import type { ApplyReport } from '../../review/apply-report';

export interface Telling {
  readonly environment: string;
  /** undefined: the apply ended before it could say anything. */
  readonly report: ApplyReport | undefined;
  /** Whom to tell. */
  readonly pulls: readonly number[];
  readonly runUrl: string;
  readonly author: string;
}

/**
 * Says on each pull request what became of it, in the one comment that has a part for each environment.
 * @returns the pull requests whose comment was written
 * @throws AggregateError naming those that could not be told, after all others were
 */
export async function tell(github: GitHub, telling: Telling): Promise<readonly number[]> {
  const part = partOf(telling);
  const told: number[] = [];
  const errors: Error[] = [];
  for (const number of telling.pulls) {
    try {
      if (await tellOne(github, number, telling, part)) told.push(number);
    } catch (error) {
      errors.push(
        new Error(
          `pull request ${number} was not told: ${error instanceof Error ? error.message : String(error)}`,
          { cause: error },
        ),
      );
    }
  }
  if (errors.length > 0) throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'));
  return told;
}

/** @returns whether its comment was written */
async function tellOne(
  github: GitHub,
  number: number,
  { environment, author: ourLogin }: Telling,
  part: string,
): Promise<boolean> {
  const all = await github.comments(number);
  const ours = all.find(({ author, body }) => author === ourLogin && isOurs(body));
  const body = withPart(ours?.body ?? '', environment, part);
  const signature = { marker: APPLY_MARKER, author: ourLogin };
  return (await upsertComment(github, number, signature, body)).result !== 'unchanged';
}

/** As `upsertComment` finds it: our other comments may begin alike. */
function isOurs(body: string): boolean {
  return /^[^\r\n]*/.exec(body)?.[0].trimEnd() === APPLY_MARKER;
}

/** What is said of the environment. */
export function partOf({ environment, report, runUrl }: Telling): string {
  if (report !== undefined) return renderApply(report, runUrl, APPLY_BYTES);
  return [
    `## ${code(environment)}: not applied`,
    `> [!CAUTION]\n> The apply ended before it could say what it did: [the run](<${encodeURI(runUrl)}>) says why. Run it again: what is done stays done.`,
  ].join('\n\n');
}
