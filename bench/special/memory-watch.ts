const SAMPLE_MS = 10;
const MIB = 1024 ** 2;

/**
 * Watches how far the memory of this process grows from where it is now. It is begun after a warm-up, and without
 * collecting garbage first: that a collector lets some garbage lie is no growth.
 */
export class MemoryWatch {
  readonly #startBytes: number;
  readonly #timer: NodeJS.Timeout;
  #peakBytes: number;
  #peakHeapBytes = 0;

  constructor() {
    this.#startBytes = process.memoryUsage.rss();
    this.#peakBytes = this.#startBytes;
    this.#timer = setInterval(() => this.sample(), SAMPLE_MS);
  }

  /** Besides the regular look: from within work that leaves no time for one. */
  sample(): void {
    this.#peakBytes = Math.max(this.#peakBytes, process.memoryUsage.rss());
    this.#peakHeapBytes = Math.max(this.#peakHeapBytes, process.memoryUsage().heapUsed);
  }

  get growthMiB(): number {
    return (this.#peakBytes - this.#startBytes) / MIB;
  }

  get startMiB(): number {
    return this.#startBytes / MIB;
  }

  get peakHeapMiB(): number {
    return this.#peakHeapBytes / MIB;
  }

  stop(): void {
    this.sample();
    clearInterval(this.#timer);
  }
}
