/**
 * What a logger must have: pino and `console` fit as they are. The object comes first and the message second, as
 * pino takes it.
 *
 * @example
 * ```ts
 * // winston takes the text first
 * const at = (level: string) => (details: object, message: string) => void log.log(level, message, details);
 * const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
 * const db = new DatabaseOperations({ logger });
 * ```
 */
export interface Logger {
  debug(details: object, message: string): void;
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
  /** Whether lines of a level are written, where it can say so: pino and winston can. Those that are not are not made. */
  isLevelEnabled?(level: string): boolean;
}

/** The methods that every logger has. */
export const LEVELS = ['debug', 'info', 'warn', 'error'] as const;

const nothing = (): void => {};

/** Logs nothing: the default. */
export const silentLogger: Logger = Object.freeze({
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  isLevelEnabled: () => false,
});

/** Logs at debug level. The text is made only if that level is enabled. */
export function debugLine(logger: Logger, details: object, say: () => string): void {
  if (logger.isLevelEnabled?.('debug') !== false) {
    logger.debug(details, say());
  }
}

/** A logger that never throws: a log that cannot be written must not turn a commit into an error. */
export function guardedLogger(logger: Logger): Logger {
  const guarded =
    (level: (typeof LEVELS)[number]) =>
    (details: object, message: string): void => {
      try {
        logger[level](details, message);
      } catch {
        // there is nowhere left to report it
      }
    };
  const isLevelEnabled = (level: string): boolean => {
    try {
      return logger.isLevelEnabled?.(level) !== false;
    } catch {
      return true;
    }
  };
  return {
    debug: guarded('debug'),
    info: guarded('info'),
    warn: guarded('warn'),
    error: guarded('error'),
    isLevelEnabled,
  };
}
