import type { Execute } from '../databases/dialect.ts';
import type { PooledConnection } from '../databases/pool/pooled-connection.ts';
import { inTime } from './in-time.ts';

/** How long a server may still take to end what nobody waits for any more. Servers were seen to be 50 ms late. */
const GRACE_MS = 1_000;

/**
 * One connection that is waited for no longer than there is time. What is cut short goes on at the server,
 * so the connection goes back to the pool only when that has ended, or is closed.
 */
export class BoundedConnection {
  readonly #pooled: PooledConnection;
  #underWay: Promise<void> = Promise.resolve();

  constructor(pooled: PooledConnection) {
    this.#pooled = pooled;
  }

  /**
   * Does some work on it. After work that was cut short, nothing more may be asked of this connection.
   *
   * @throws an error of kind `timeout` when it takes longer than the limit
   */
  async within<T>(limitMs: number, work: (execute: Execute) => Promise<T>): Promise<T> {
    const working = work((sql, parameters) => this.#pooled.execute(sql, parameters));
    this.#underWay = working.then(
      () => undefined,
      () => undefined,
    );
    return inTime(limitMs, () => working);
  }

  /** Gives it back when nothing is under way on it any more; does not wait for that. */
  release(): void {
    const timer = setTimeout(() => this.#pooled.discard(), GRACE_MS);
    void this.#underWay.then(() => {
      clearTimeout(timer);
      this.#pooled.release();
    });
  }
}
