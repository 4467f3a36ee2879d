import { redactSecrets } from '../errors/redact.ts';
import { printableLines } from '../text/printable.ts';
import type { Host } from './host.ts';

/**
 * Where a command writes: its result goes to standard output, as text for people or as JSON for machines,
 * and whatever else there is to say goes to standard error.
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

  /** A part of the result for people; machines get theirs from {@link result}. */
  say(text: string): void {
    if (!this.json) {
      writeLine(this.#stdout, text);
    }
  }

  /** The whole result: JSON where it was asked for, else the text. */
  result(value: unknown, text: () => string): void {
    writeLine(this.#stdout, this.json ? JSON.stringify(value, undefined, 2) : text());
  }

  /** A remark beside the result. */
  remark(text: string): void {
    writeLine(this.#stderr, redactSecrets(text));
  }
}

/**
 * Writes to a terminal, or to whatever stands in its place. Nothing else does: what was read from a file, a
 * database, a server or the environment may hold sequences that a terminal obeys.
 *
 * @returns false where whoever writes on should wait for `'drain'`
 */
export function writeLine(stream: NodeJS.WritableStream, text: string): boolean {
  return stream.write(`${printableLines(text)}\n`);
}

/**
 * Lets a reader go: `… | head` closes the pipe when it has seen enough, which is no failure of the work.
 * What is written afterwards has no reader and is dropped.
 */
export function allowClosedPipe(stream: NodeJS.WritableStream, failed: (error: Error) => void): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') {
      failed(error);
    }
  });
}
