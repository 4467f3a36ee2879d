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
}

const nothing = (): void => {};

/** Says nothing: the default. */
export const silentLogger: Logger = Object.freeze({ debug: nothing, info: nothing, warn: nothing, error: nothing });

/** A logger whose failures stay its own: a log that cannot be written must not deny a commit that was made. */
export function guardedLogger(logger: Logger): Logger {
  const guarded =
    (level: keyof Logger) =>
    (details: object, message: string): void => {
      try {
        logger[level](details, message);
      } catch {
        // there is nobody left to tell
      }
    };
  return { debug: guarded('debug'), info: guarded('info'), warn: guarded('warn'), error: guarded('error') };
}
