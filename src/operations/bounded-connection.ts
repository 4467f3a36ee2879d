import { notifyWhenLate, withTimeout } from '../async/waiting.ts';
import type { Execute } from '../databases/dialect.ts';
import type { PooledConnection } from '../databases/pool/pooled-connection.ts';

/** How long a server may still take to end abandoned work. Servers were up to 50 ms late in measurements. */
const GRACE_MS = 1_000;

/**
 * A connection whose work has a time limit. Work that exceeds it continues on the server, so the connection is returned
 * only after that has ended, or closed.
 */
export class BoundedConnection {
  readonly #pooled: PooledConnection;
  #running: Promise<void> = Promise.resolve();

  constructor(pooled: PooledConnection) {
    this.#pooled = pooled;
  }

  /**
   * Runs work on it. After a timeout the connection must not be used again.
   *
   * @throws an error of kind `timeout` when the work exceeds the limit
   */
  async within<T>(limitMs: number, work: (execute: Execute) => Promise<T>): Promise<T> {
    const working = work((sql, parameters) => this.#pooled.execute(sql, parameters));
    this.#running = working.then(
      () => undefined,
      () => undefined,
    );
    return withTimeout(limitMs, () => working);
  }

  /** Returns the connection when nothing runs on it any more; does not wait for that. */
  release(): void {
    void notifyWhenLate(
      GRACE_MS,
      () => this.#running,
      () => this.#pooled.discard(),
    ).then(() => this.#pooled.release());
  }
}
