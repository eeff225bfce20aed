import { destination, pino, stdTimeFunctions, type Logger } from 'pino';
import type { LogLevel } from './config';

/** Written at once, so that no line is lost or overtaken at the end. */
const stdout = destination({ fd: 1, sync: true });

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
