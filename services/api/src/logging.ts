import { destination, pino, stdTimeFunctions, type Logger } from 'pino';
import type { LogLevel } from './config';

/** One JSON object a line on stdout, levels by name. Written at once, so that no line is lost or overtaken at the end. */
export function createLogger(level: LogLevel): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination({ fd: 1, sync: true }),
  );
}
