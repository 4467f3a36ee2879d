import type { Logger } from './logger.ts';

const at =
  (level: string) =>
  (details: object, message: string): void => {
    process.stderr.write(`${level} ${message} ${JSON.stringify(details)}\n`);
  };

/** Writes a line each to standard error: what `DEBUG=true` means where no logger is passed in. */
export const stderrLogger: Logger = Object.freeze({
  debug: at('debug'),
  info: at('info'),
  warn: at('warn'),
  error: at('error'),
});
