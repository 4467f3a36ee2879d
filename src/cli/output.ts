import { redactSecrets } from '../errors/redact.ts';
import { printableLines } from '../text/printable.ts';
import type { Host } from './host.ts';

/**
 * Where a command writes. Its result goes to standard output, as text or as JSON, and all other messages go to
 * standard error.
 */
export class Output {
  readonly #stdout: Host['stdout'];
  readonly #stderr: Host['stderr'];
  readonly json: boolean;

  constructor(host: Pick<Host, 'stdout' | 'stderr'>, json: boolean) {
    this.#stdout = host.stdout;
    this.#stderr = host.stderr;
    this.json = json;
  }

  /** Writes a part of the result as text; nothing in JSON mode, in which {@link result} writes all of it. */
  say(text: string): void {
    if (!this.json) {
      writeLine(this.#stdout, text);
    }
  }

  /** Writes the whole result, as JSON in JSON mode, else as text. */
  result(value: unknown, text: () => string): void {
    writeLine(this.#stdout, this.json ? JSON.stringify(value, undefined, 2) : text());
  }

  /** Writes a message that is no part of the result. */
  remark(text: string): void {
    writeLine(this.#stderr, redactSecrets(text));
  }
}

/**
 * Writes a line to a terminal, a file or a pipe. Nothing else writes there: text from a file, a database, a server or
 * the environment may hold sequences that a terminal would execute.
 *
 * @returns false if the caller should wait for `'drain'` before it writes more
 */
export function writeLine(stream: NodeJS.WritableStream, text: string): boolean {
  return stream.write(`${printableLines(text)}\n`);
}

/**
 * Accepts that a reader goes away: `… | head` closes the pipe when it has read enough, which is not a failure. What is
 * written afterwards is dropped.
 */
export function allowClosedPipe(stream: NodeJS.WritableStream, failed: (error: Error) => void): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') {
      failed(error);
    }
  });
}
