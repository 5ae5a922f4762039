import type { Logger } from 'pino';
import { redact } from './secrets.js';

export type { Logger };

/** From the most to the least that is logged. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Whether something of `level` is logged where `least` is the least level. */
export function isLogged(level: LogLevel, least: LogLevel): boolean {
  return LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);
}

/**
 * A log of JSON lines on standard error: `{"level":"info","time":"2026-01-01T00:00:00.000Z", …bindings, "msg":…}`.
 * Lines are written at once, so that none is lost when the process ends. Loads pino, which a terminal does without.
 */
export async function createLog(level: LogLevel, bindings: object): Promise<Logger> {
  const { pino } = await import('pino');
  const stderr = pino.destination({ dest: 2, sync: true });
  // Where the log's reader is gone, there is nobody to tell.
  stderr.on('error', () => {});
  const options = {
    level,
    base: bindings,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return pino(options, { write: (line) => stderr.write(redact(line)) });
}
