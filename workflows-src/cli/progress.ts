/** Where progress is shown: a terminal that can be repainted, or plain lines. */
export interface Screen {
  write(text: string): void;
  /** Width in characters of a terminal. @default none: not a terminal, so plain lines */
  readonly columns?: number;
}

interface Row {
  state: string;
  since: number;
  /** Elapsed seconds when it ended. */
  ended?: number;
}

/**
 * A line a stack, with what it is at and for how long. On a terminal the lines are repainted in place; elsewhere a line is
 * written whenever a stack enters another state.
 */
export class ProgressBoard {
  private readonly rows = new Map<string, Row>();
  private painted = 0;
  private timer: NodeJS.Timeout | undefined;

  public constructor(
    private readonly screen: Screen,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * @param state such as `planning`, `applying, 3 of 20`
   * @param end stops its clock; a later state starts it anew
   */
  public set(stack: string, state: string, end?: 'end'): void {
    const before = this.rows.get(stack);
    const since = before && before.ended === undefined ? before.since : this.now();
    const row: Row = { state, since };
    if (end) row.ended = (this.now() - since) / 1000;
    this.rows.set(stack, row);
    if (this.screen.columns !== undefined) {
      this.paint();
      this.timer ??= setInterval(() => this.paint(), 1000).unref();
    } else if (kindOf(state) !== kindOf(before?.state) || row.ended !== undefined) {
      this.screen.write(`${this.line(stack, row)}\n`);
    }
  }

  /** Writes text above the lines. */
  public say(text: string): void {
    this.erase();
    this.screen.write(text);
    this.paint();
  }

  /** Leaves the lines as they are and begins anew below them. */
  public close(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.paint();
    this.painted = 0;
    this.rows.clear();
  }

  private paint(): void {
    const { columns } = this.screen;
    if (columns === undefined || this.rows.size === 0) return;
    this.erase();
    const lines = [...this.rows].map(([stack, row]) => this.line(stack, row).slice(0, columns - 1));
    this.screen.write(`${lines.join('\n')}\n`);
    this.painted = lines.length;
  }

  private erase(): void {
    if (this.painted === 0) return;
    this.screen.write(`\x1b[${this.painted}A\x1b[0J`);
    this.painted = 0;
  }

  private line(stack: string, { state, since, ended }: Row): string {
    const seconds = Math.floor(ended ?? (this.now() - since) / 1000);
    const elapsed = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
    return `  ${stack.padEnd(18)} ${elapsed.padStart(5)}  ${state}`;
  }
}

/** `applying, 3 of 20` and `applying, 4 of 20` are one state. */
function kindOf(state: string | undefined): string | undefined {
  return state?.replace(/[,:].*$/s, '');
}
