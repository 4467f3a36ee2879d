import { redactSecrets } from '../errors/redact.ts';
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
      this.#stdout.write(`${text}\n`);
    }
  }

  /** The whole result: JSON where it was asked for, else the text. */
  result(value: unknown, text: () => string): void {
    this.#stdout.write(`${this.json ? JSON.stringify(value, undefined, 2) : text()}\n`);
  }

  /** A remark beside the result. */
  remark(text: string): void {
    this.#stderr.write(`${redactSecrets(text)}\n`);
  }
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
