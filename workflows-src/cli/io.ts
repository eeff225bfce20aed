/** What a command may touch of its process, so that it can be called from a test as from a terminal. */
export interface CommandIo {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Writes to stdout as given: the caller ends its lines. */
  out(text: string): void;
  /** Writes to stderr as given: the caller ends its lines. */
  err(text: string): void;
  /** Width of the terminal that stderr is, which can be repainted. @default none: it is a file or a pipe */
  readonly errColumns?: number;
  /** Aborted by Ctrl-C and by SIGTERM. @default never */
  readonly signal?: AbortSignal;
}

/** A mistake in how a command was called: exit code 2, its message and how to get help. */
export class UsageError extends Error {
  public override readonly name = 'UsageError';
}
