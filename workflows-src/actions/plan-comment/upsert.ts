/** First line of our comment: how it is found again. */
export const MARKER = '<!-- fairlead: plan -->';

/** GitHub refuses a body above 65,536 characters; counted in UTF-8 bytes here, which are never fewer. */
export const MAX_BODY_BYTES = 65_536;

/** Comments that `list` gives at once, GitHub's largest. */
export const PAGE_SIZE = 100;

export interface Comment {
  readonly id: number;
  /** Login; undefined for a deleted account. */
  readonly author: string | undefined;
  readonly body: string;
}

/** The three calls on the comments of one pull request. */
export interface Comments {
  /** Oldest first. @param page from 1; a page with fewer than `PAGE_SIZE` is the last */
  list(page: number): Promise<readonly Comment[]>;
  create(body: string): Promise<void>;
  update(id: number, body: string): Promise<void>;
}

/**
 * Makes the one comment that has our marker and our author say `body`.
 * Anybody can write the marker, so the author must be right as well; and somebody who quotes our comment does not begin
 * with it, so the marker must stand first.
 */
export async function upsertComment(
  comments: Comments,
  author: string,
  body: string,
): Promise<'created' | 'updated' | 'unchanged'> {
  if (!body.startsWith(MARKER))
    throw new Error(`the comment must begin with ${MARKER}, else it is never found again`);
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES)
    throw new Error(`the comment has ${bytes} bytes, GitHub takes ${MAX_BODY_BYTES}: shorten it`);

  const ours = await find(comments, author);
  if (!ours) {
    await comments.create(body);
    return 'created';
  }
  if (asStored(ours.body) === asStored(body)) return 'unchanged';
  await comments.update(ours.id, body);
  return 'updated';
}

async function find(comments: Comments, author: string): Promise<Comment | undefined> {
  for (let page = 1; ; page += 1) {
    const found = await comments.list(page);
    const ours = found.find((comment) => comment.author === author && comment.body.startsWith(MARKER));
    if (ours || found.length < PAGE_SIZE) return ours;
  }
}

/** GitHub may give back other line ends, and no blanks at the end. */
function asStored(body: string): string {
  return body.replaceAll('\r\n', '\n').trimEnd();
}
