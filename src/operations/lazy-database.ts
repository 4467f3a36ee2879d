import { unlessAborted } from '../async/waiting.ts';
import type { Settings } from '../config/settings.ts';
import type { PoolState } from '../databases/pool/connection-pool.ts';
import type { Database } from './database.ts';
import { migrateUp } from './migrate.ts';

const NO_POOL: PoolState = { size: 0, free: 0, pending: 0 };

/** The database of one instance, connected at its first use. Concurrent callers share one attempt to connect. */
export class LazyDatabase {
  readonly #settings: Settings;
  #opening: Promise<Database> | undefined;
  #current: Database | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  get poolState(): PoolState {
    return this.#current?.pool.state ?? NO_POOL;
  }

  /** Closes the idle connections now, and those in use when they are released. */
  clearPool(): void {
    this.#current?.pool.clear();
  }

  /** The connected database. An attempt that fails is forgotten, so that the next call makes another. */
  open(): Promise<Database> {
    this.#opening ??= this.#connect().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #connect(): Promise<Database> {
    const { autoMigrate, logger } = this.#settings;
    // the ORM and the driver are loaded by the first connection: a program that imports the library starts without them
    const { Database } = await import('./database.ts');
    const database = await Database.open(this.#settings);
    try {
      const migrations = autoMigrate ? await migrateUp(database) : [];
      logger.info({ server: database.dialect.label, migrations }, 'connected');
      this.#current = database;
      return database;
    } catch (error) {
      await database.close(true);
      throw error;
    }
  }

  /** Ends every connection of the pool at once; statements under way fail. */
  async abortConnections(): Promise<void> {
    await this.#current?.pool.destroy(true);
  }

  /**
   * Closes every connection. Waits for an attempt to connect that is under way.
   *
   * @param cutOff ends that wait: connections are then closed at once, and so is what the attempt still opens
   */
  async close(cutOff: AbortSignal): Promise<void> {
    const opening = this.#opening?.catch(() => undefined);
    const opened = await unlessAborted(Promise.resolve(opening), cutOff).catch(() => this.#current);
    if (opened === undefined) {
      void opening?.then((late) => late?.close(true));
    } else {
      await opened.close(cutOff.aborted);
    }
  }
}
