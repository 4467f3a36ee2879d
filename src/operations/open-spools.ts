import { resolve } from 'node:path';
import type { Settings } from '../config/settings.ts';
import type { Target } from '../config/target.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { SpoolSettings } from '../schemas/writer-options.schema.ts';
import { Spool, type SpoolContext } from '../spool/spool.ts';
import type { SpoolState } from '../streams/spool-state.ts';

/** How a spool is opened where it is not a writer that asks for it. */
export interface SpoolUse extends SpoolSettings {
  /** Takes it although its rows were spooled for another database. */
  readonly otherDatabase?: boolean | undefined;
}

/** The spools of an instance, one for each directory, from the first use until the instance is closed. */
export class OpenSpools {
  readonly #settings: Settings;
  readonly #context: Pick<SpoolContext, 'store' | 'over'>;
  readonly #spools = new Map<string, Spool>();

  constructor(settings: Settings, context: Pick<SpoolContext, 'store' | 'over'>) {
    this.#settings = settings;
    this.#context = context;
  }

  /**
   * The spool of a directory, for a writer.
   *
   * @throws InvalidInputError when the database is in memory, or when the spool has another size already
   */
  of(operation: string, settings: SpoolSettings): Spool {
    const spool = this.at(operation, settings);
    const { directory, maxBytes } = settings;
    if (spool.maxBytes !== maxBytes) {
      const expected = `${spool.maxBytes}, as the other writers of ${directory} have it`;
      throw new InvalidInputError(operation, [{ path: 'spool.maxBytes', expected, received: String(maxBytes) }]);
    }
    return spool;
  }

  /** The spool of a directory, whatever its size is. */
  at(operation: string, { directory, maxBytes, otherDatabase }: SpoolUse): Spool {
    const { target, logger, retry } = this.#settings;
    const database = databaseName(target);
    if (database === undefined) {
      const expected = 'a database that outlives the process';
      throw new InvalidInputError(operation, [{ path: 'spool', expected, received: 'one in memory' }]);
    }
    const known = this.#spools.get(directory);
    if (known !== undefined) {
      return known;
    }
    const pauses = retry.outage;
    const spool = new Spool({ directory, maxBytes, database, otherDatabase, logger, pauses, ...this.#context });
    this.#spools.set(directory, spool);
    // one that could not be opened, because another process had it, may be tried again
    spool.opened.catch(() => this.#spools.delete(directory));
    return spool;
  }

  /** Waits until each has looked at what an earlier process left in it. */
  async opened(): Promise<void> {
    await Promise.allSettled([...this.#spools.values()].map((spool) => spool.opened));
  }

  get states(): SpoolState[] {
    return [...this.#spools.values()].map(({ state }) => state);
  }

  /** Ends draining, after the batches under way. */
  stop(): void {
    for (const spool of this.#spools.values()) {
      spool.stop();
    }
  }

  /** Lets go of them. */
  async close(): Promise<void> {
    await Promise.all([...this.#spools.values()].map((spool) => spool.close()));
  }
}

/** A database as it is told apart from others: without user and password. `undefined` for one in memory. */
function databaseName(target: Target): string | undefined {
  if (target.kind === 'server') {
    const { host, port, socketPath, database } = target;
    return socketPath === undefined ? `${host.toLowerCase()}:${port}/${database}` : `${socketPath}:${database}`;
  }
  return target.path === ':memory:' ? undefined : resolve(target.path);
}
