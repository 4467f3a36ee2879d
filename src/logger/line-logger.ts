import { redactSecrets } from '../errors/redact.ts';
import { printable } from '../text/printable.ts';
import type { Logger } from './logger.ts';

/** Writes each message as a line to a stream: what `DEBUG=true` turns on where no logger is passed in. */
export function lineLogger(stream: NodeJS.WritableStream): Logger {
  const at =
    (level: string) =>
    (details: object, message: string): void => {
      stream.write(`${printable(redactSecrets(`${level} ${message} ${JSON.stringify(details)}`))}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
