import { SingleBar } from 'cli-progress';
import type { Context } from './cli.ts';
import { formatCount } from './format.ts';

export interface ProgressOptions {
  readonly label: string;
  /** What it counts: `rows`. */
  readonly unit: string;
  /** Bytes to read; unknown for standard input, which has no bar then. */
  readonly totalBytes: number | undefined;
  /** Removes the bar when aborted. */
  readonly signal: AbortSignal;
  /** Shows the bar from the start and keeps it, instead of only while work takes long. @default false */
  readonly always?: boolean | undefined;
}

const WORTH_A_BAR_MS = 1_000;

/** A progress bar on standard error for work that takes over a second; nothing unless that is a terminal. */
export class Progress implements Disposable {
  readonly #context: Pick<Context, 'host' | 'output'>;
  readonly #options: ProgressOptions;
  readonly #start = performance.now();
  #bar: SingleBar | undefined;

  constructor(context: Pick<Context, 'host' | 'output'>, options: ProgressOptions) {
    this.#context = context;
    this.#options = options;
    options.signal.addEventListener('abort', () => this[Symbol.dispose](), { once: true });
  }

  update(bytes: number, count: number): void {
    const { totalBytes, signal, always = false } = this.#options;
    const { host, output } = this.#context;
    if (this.#bar === undefined) {
      const early = !always && performance.now() - this.#start < WORTH_A_BAR_MS;
      if (early || output.json || signal.aborted || totalBytes === undefined || host.stderr.isTTY !== true) {
        return;
      }
      this.#bar = this.#makeBar(always);
      this.#bar.start(Math.max(1, totalBytes), 0, { count: '0' });
    }
    this.#bar.update(Math.min(bytes, Math.max(1, totalBytes ?? 1)), { count: formatCount(count) });
  }

  [Symbol.dispose](): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #makeBar(always: boolean): SingleBar {
    const { label, unit } = this.#options;
    return new SingleBar({
      format: `${label} {bar} {percentage}% · {count} ${unit}${always ? '' : ' · {eta_formatted} left'}`,
      stream: this.#context.host.stderr,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 30,
      clearOnComplete: !always,
      // signals are handled elsewhere: the work ends in order, and the bar with it
      gracefulExit: false,
      autopadding: true,
    });
  }
}
