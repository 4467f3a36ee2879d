import { unlessAborted } from '../async/waiting.ts';
import type { Host } from './host.ts';
import { writeLine } from './output.ts';

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** When and how to cut off a batch that does not end. */
export interface CutOff {
  /** Milliseconds since the first signal; 0 for never. */
  readonly afterMs: number;
  cutOff(): unknown;
}

/**
 * Handles Ctrl-C and SIGTERM during work that stores rows. The first signal lets it finish the current batch, which is
 * cut off if that takes too long; the second one exits at once. Use it with `using`: it listens only during the work.
 */
export class Interruption implements Disposable {
  readonly #host: Host;
  readonly #abort = new AbortController();
  readonly #listeners: (readonly [keyof typeof EXIT_CODES, () => void])[];
  readonly #cutOff: CutOff;
  #timer: NodeJS.Timeout | undefined;
  #exitCode: number | undefined;

  constructor(host: Host, cutOff: CutOff) {
    this.#host = host;
    this.#cutOff = cutOff;
    this.#listeners = (['SIGINT', 'SIGTERM'] as const).map((name) => [name, () => this.#arrived(EXIT_CODES[name])]);
    for (const [name, listener] of this.#listeners) {
      host.signals.on(name, listener);
    }
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The exit code that a signal demands; `undefined` if there was no signal. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Waits for work that may be abandoned, such as connecting; `undefined` if a signal comes first. */
  async orSooner<T>(work: Promise<T>): Promise<T | undefined> {
    const { signal } = this;
    // a failure after a signal is of no interest
    work.catch(() => undefined);
    return unlessAborted(work, signal).catch((error: unknown) => {
      if (error === signal.reason) {
        return undefined;
      }
      throw error;
    });
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const [name, listener] of this.#listeners) {
      this.#host.signals.off(name, listener);
    }
  }

  #arrived(code: number): void {
    if (this.#exitCode !== undefined) {
      this.#host.exit(code);
      return;
    }
    this.#exitCode = code;
    // first, so that the progress bar gives its line back
    this.#abort.abort();
    const { afterMs } = this.#cutOff;
    if (afterMs > 0) {
      this.#timer = setTimeout(() => {
        writeLine(this.#host.stderr, `tradestore: the current batch is cut off after ${afterMs} ms`);
        this.#cutOff.cutOff();
      }, afterMs);
    }
    // a terminal shows ^C at the beginning of the line
    const newLine = this.#host.stderr.isTTY === true ? '\n' : '';
    writeLine(this.#host.stderr, `${newLine}tradestore: finishing the current batch; a second signal stops at once`);
  }
}
