import { printable } from '../text/printable.ts';
import type { Logger } from './logger.ts';

const at =
  (level: string) =>
  (details: object, message: string): void => {
    process.stderr.write(`${printable(`${level} ${message} ${JSON.stringify(details)}`)}\n`);
  };

/** Writes each message as a line to standard error: what `DEBUG=true` turns on where no logger is passed in. */
export const stderrLogger: Logger = Object.freeze({
  debug: at('debug'),
  info: at('info'),
  warn: at('warn'),
  error: at('error'),
});
