import { Pool, TimeoutError } from 'tarn';
import type { PhysicalConnection } from './physical-connection.ts';

/** Sizes and time limits of a pool. */
export interface PoolSettings {
  /** Connections kept open while idle. */
  readonly min: number;
  /** Connections at most. */
  readonly max: number;
  /** How long a caller waits for a free connection. */
  readonly acquireTimeoutMs: number;
  /** How long a connection may stay idle before it is closed. */
  readonly idleTimeoutMs: number;
}

/** A pool's present state. */
export interface PoolState {
  /** Open connections. */
  readonly size: number;
  /** Those that are idle. */
  readonly free: number;
  /** Callers that wait for one. */
  readonly pending: number;
}

/** Nobody gave a connection back in time. The code is the one the table of codes knows. */
class AcquireTimeout extends Error {
  readonly code = 'ER_GET_CONNECTION_TIMEOUT';
}

/**
 * Connections by lease. Knex's pool (tarn) does the keeping: it has the acquire timeout that mysql2's
 * own pool lacks, hands out in order of arrival and serves the embedded database too.
 *
 * @internal
 */
export class ConnectionPool {
  readonly #pool: Pool<PhysicalConnection>;
  readonly #settings: PoolSettings;
  readonly #open = new Map<PhysicalConnection, { readonly generation: number }>();
  #generation = 0;
  #destroyed = false;

  constructor(create: () => Promise<PhysicalConnection>, settings: PoolSettings) {
    this.#settings = settings;
    this.#pool = new Pool<PhysicalConnection>({
      create: async () => {
        const connection = await create();
        this.#open.set(connection, { generation: this.#generation });
        return connection;
      },
      destroy: (connection) => {
        this.#open.delete(connection);
        return connection.close();
      },
      validate: (connection) =>
        connection.usable && (!connection.replaceable || this.#open.get(connection)?.generation === this.#generation),
      min: settings.min,
      max: settings.max,
      acquireTimeoutMillis: settings.acquireTimeoutMs,
      // connecting has a time limit of its own, in the driver; this one only must not be shorter
      createTimeoutMillis: Math.max(settings.acquireTimeoutMs, 600_000),
      idleTimeoutMillis: settings.idleTimeoutMs,
      propagateCreateError: true,
    });
  }

  async acquire(): Promise<PhysicalConnection> {
    if (this.#destroyed) {
      throw new Error('Pool is closed.');
    }
    try {
      return await this.#pool.acquire().promise;
    } catch (error) {
      if (error instanceof TimeoutError) {
        throw new AcquireTimeout(
          `no connection was free within ${this.#settings.acquireTimeoutMs} ms (all ${this.#settings.max} in use, ` +
            `${this.state.pending} more callers waiting); raise DB_POOL_MAX or DB_ACQUIRE_TIMEOUT_MS, and inside a ` +
            'transaction use only the repositories it hands you',
          { cause: error },
        );
      }
      throw error;
    }
  }

  release(connection: PhysicalConnection): void {
    this.#pool.release(connection);
  }

  get state(): PoolState {
    return { size: this.#open.size, free: this.#pool.numFree(), pending: this.#pool.numPendingAcquires() };
  }

  /** Closes the idle connections now and those in use when they come back. */
  clear(): void {
    this.#generation += 1;
    // taking a free connection makes the pool look at it, find it outdated and close it
    for (let free = this.#pool.numFree(); free > 0; free -= 1) {
      this.acquire().then(
        (connection) => this.release(connection),
        () => undefined,
      );
    }
  }

  /** Waits for the connections in use to come back, then closes them all; `force` closes them at once. */
  async destroy(force = false): Promise<void> {
    this.#destroyed = true;
    if (force) {
      for (const connection of this.#open.keys()) {
        connection.abort();
        // whoever has it may take for ever to give it back; the pool does not wait for that
        this.#pool.release(connection);
      }
    }
    await this.#pool.destroy();
  }
}
