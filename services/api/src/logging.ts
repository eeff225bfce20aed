import { destination, pino, stdTimeFunctions, type Logger } from 'pino';
import type { LogLevel } from './config';

/** Lines are written together: a write for each costs a quarter of the requests that a task can serve. */
const WRITE_BYTES = 4_096;
/** A line waits at most this long, which is all that a kill without a warning can lose. */
const WRITE_MILLISECONDS = 100;

/** Lines that wait are written when the process exits. */
const stdout = destination({ fd: 1, sync: true, minLength: WRITE_BYTES });
setInterval(() => stdout.flush(), WRITE_MILLISECONDS).unref();
process.on('exit', () => stdout.flushSync());

/** Puts a line that is not a message, such as a metric, between the log's. */
export function writeLine(line: string): void {
  stdout.write(line);
}

/** One JSON object a line on stdout, levels by name. */
export function createLogger(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    stdout,
  );
}
