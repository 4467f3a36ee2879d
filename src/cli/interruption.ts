import type { Host } from './host.ts';
import { writeLine } from './output.ts';

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/** What cuts off a batch in hand that does not end, and when. */
export interface CutOff {
  /** Milliseconds since the first signal; 0 for never. */
  readonly afterMs: number;
  cutOff(): unknown;
}

/**
 * Ctrl-C and SIGTERM during work that stores things: the first one asks it to finish the batch in hand,
 * which is cut off when it takes too long, the second one ends it at once. Use it with `using`: it listens
 * only as long as the work lasts.
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

  /** What the process should end with because of a signal; `undefined` when there was none. */
  get exitCode(): number | undefined {
    return this.#exitCode;
  }

  /** Waits for something that leaves no batch in hand, such as a server that does not answer. */
  async orSooner<T>(work: Promise<T>): Promise<T | undefined> {
    const { signal } = this;
    if (signal.aborted) {
      work.catch(() => undefined);
      return undefined;
    }
    const interrupted = Promise.withResolvers<undefined>();
    const stop = (): void => interrupted.resolve(undefined);
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([work, interrupted.promise]);
    } finally {
      signal.removeEventListener('abort', stop);
      // whoever stopped waiting does not want to hear of it either
      work.catch(() => undefined);
    }
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
    // first of all the progress bar gives its line back
    this.#abort.abort();
    const { afterMs } = this.#cutOff;
    if (afterMs > 0) {
      this.#timer = setTimeout(() => {
        writeLine(this.#host.stderr, `tradestore: the batch in hand is cut off after ${afterMs} ms`);
        this.#cutOff.cutOff();
      }, afterMs);
    }
    // a terminal has just shown ^C
    const newLine = this.#host.stderr.isTTY === true ? '\n' : '';
    writeLine(this.#host.stderr, `${newLine}tradestore: finishing the batch in hand; once more ends at once`);
  }
}
