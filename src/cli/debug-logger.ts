import { redactSecrets } from '../errors/redact.ts';
import type { Logger } from '../index.ts';
import { writeLine } from './output.ts';

/** Writes what happens to a stream, a line each: the level, what it is about, and the details. */
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
