/** What a command may touch of its process, so that it can be called from a test as from a terminal. */
export interface CommandIo {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Writes to stdout as given: the caller ends its lines. */
  out(text: string): void;
  /** Writes to stderr as given: the caller ends its lines. */
  err(text: string): void;
}
