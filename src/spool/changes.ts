/** Those who are told that something has changed, and wait for it. */
export class Changes {
  readonly #listeners = new Set<() => void>();

  /** Is told of each change, until it is told no more. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Waits for the next change, or for a time. */
  async next(timeoutMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, timeoutMs);
    const stop = this.watch(resolve);
    const end = (): void => resolve();
    signal.addEventListener('abort', end, { once: true });
    await promise;
    signal.removeEventListener('abort', end);
    clearTimeout(timer);
    stop();
  }

  tell(): void {
    for (const listener of [...this.#listeners]) {
      listener();
    }
  }
}
