import { redactSecrets } from '../errors/redact.ts';
import type { Logger } from '../index.ts';
import { writeLine } from './output.ts';

/** A logger that writes one line for each message: the level, the message and its details. */
export function debugLogger(stream: NodeJS.WritableStream): Logger {
  const at =
    (level: string) =>
    (details: object, message: string): void => {
      const fields = Object.entries(details)
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
      const line = [level.padEnd(5), message, ...fields].join(' ').replace(/\s*\n\s*/g, ' ');
      writeLine(stream, redactSecrets(line));
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
