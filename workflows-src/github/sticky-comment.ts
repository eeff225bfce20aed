import { type Comment, type GitHub, Gone, Uncertain } from './github';
import { realSleep, type Sleep } from './retry';

/** GitHub refuses a body above 65,536 characters; counted in UTF-8 bytes here, which are never fewer. */
export const MAX_BODY_BYTES = 65_536;

/** How often a comment is created or changed at most, when GitHub does not say whether it was or somebody deletes it. */
export const MAX_ROUNDS = 4;

/** GitHub's lists may be older than its answers for a moment: how long to wait before looking, times the round. */
const SETTLE_MS = 2_000;

/** How our comment is found again. */
export interface Signature {
  /** Its first line, such as `<!-- fairlead: plan -->`. */
  readonly marker: string;
  /** Login that our token writes as. */
  readonly author: string;
}

export interface Upserted {
  readonly result: 'created' | 'updated' | 'unchanged';
  /** As GitHub has it now. */
  readonly comment: Comment;
}

/**
 * Makes the one comment that has our marker and our author say `body`.
 *
 * Anybody can write the marker, so the author must be right as well; and somebody who quotes our comment does not begin
 * with it, so the marker must stand first. If there are several, the oldest is kept up to date and the others are left
 * as they are. A comment of somebody else is never touched. A create that may have happened is looked for before the
 * next one, and a comment that is deleted while we write is made anew.
 * @param body the marker as its first line; at most MAX_BODY_BYTES
 * @param isSame whether a body needs no writing; both with `\n` as line end, and no blanks at the end. @default equality
 * @throws Error before any call when the body is not as said; Uncertain or Gone after MAX_ROUNDS; the errors of `github`
 */
export async function upsertComment(
  github: Pick<GitHub, 'comments' | 'createComment' | 'updateComment'>,
  pullRequest: number,
  { marker, author }: Signature,
  body: string,
  isSame: (a: string, b: string) => boolean = (a, b) => a === b,
  sleep: Sleep = realSleep,
): Promise<Upserted> {
  if (marker === '' || firstLine(body) !== marker)
    throw new Error(`the comment must have ${marker} as its first line, else it is never found again`);
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES)
    throw new Error(`the comment has ${bytes} bytes, GitHub takes ${MAX_BODY_BYTES}: shorten it`);

  let unsure: Uncertain | Gone | undefined;
  for (let round = 0; ; round += 1) {
    if (unsure) await sleep(SETTLE_MS * round);
    const all = await github.comments(pullRequest);
    const ours = all.find((comment) => comment.author === author && firstLine(comment.body) === marker);
    if (ours && isSame(asStored(ours.body), asStored(body)))
      return { result: unsure instanceof Uncertain ? 'created' : 'unchanged', comment: ours };
    // The last round only looks whether the one before it succeeded after all.
    if (unsure && round >= MAX_ROUNDS) throw unsure;
    try {
      return ours
        ? { result: 'updated', comment: await github.updateComment(ours.id, body) }
        : { result: 'created', comment: await github.createComment(pullRequest, body) };
    } catch (error) {
      if (!(error instanceof Uncertain || error instanceof Gone)) throw error;
      unsure = error;
    }
  }
}

function firstLine(text: string): string {
  return (/^[^\r\n]*/.exec(text)?.[0] ?? '').trimEnd();
}

/** GitHub may give back other line ends, and no blanks at the end. */
function asStored(body: string): string {
  return body.replaceAll('\r\n', '\n').trimEnd();
}
