import { resolve } from 'node:path';
import type { Settings } from '../config/settings.ts';
import type { Target } from '../config/target.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import { DEFAULT_SPOOL_BYTES, type SpoolSettings } from '../schemas/writer-options.schema.ts';
import type { SpoolState } from '../streams/spool-state.ts';
import { Spool, type SpoolContext } from './spool.ts';
import type { SpoolStore } from './store-batch.ts';

/** How a spool is opened to be drained, and no more. */
export interface DrainUse {
  readonly directory: string;
  /** Takes it although its rows were spooled for another database. */
  readonly otherDatabase: boolean | undefined;
  readonly setAside: boolean | undefined;
}

/** What all spools of an instance have in common. */
type Common = SpoolStore & Pick<SpoolContext, 'over'>;

/** A spool with those who use it. */
interface OpenSpool {
  readonly spool: Spool;
  /** How many drain it on request. */
  drains: number;
  /** Whether a writer has asked for it: then it stays open until the instance is closed. */
  ofWriter: boolean;
}

/** The spools of an instance, one for each directory: those of writers until the instance is closed. */
export class OpenSpools {
  readonly #settings: Settings;
  readonly #common: Common;
  readonly #spools = new Map<string, OpenSpool>();
  /** Those that are being let go of: their directory can be had when that is done. */
  readonly #closing = new Map<string, Promise<void>>();

  constructor(settings: Settings, common: Common) {
    this.#settings = settings;
    this.#common = common;
  }

  /**
   * The spool of a directory, for a writer.
   *
   * @throws InvalidInputError when the database is in memory, or when the spool has another size already
   */
  of(operation: string, settings: SpoolSettings): Spool {
    const { directory, maxBytes } = settings;
    const known = this.#spools.get(directory);
    if (known === undefined) {
      const opened = this.#open(operation, settings);
      opened.ofWriter = true;
      return opened.spool;
    }
    const { spool } = known;
    if (!known.ofWriter) {
      known.ofWriter = true;
      spool.resize(maxBytes);
    } else if (spool.maxBytes !== maxBytes) {
      const expected = `${spool.maxBytes}, as the other writers of ${directory} have it`;
      throw new InvalidInputError(operation, [{ path: 'spool.maxBytes', expected, received: String(maxBytes) }]);
    }
    return spool;
  }

  /** Lends the spool of a directory for some work, and closes it after the last such work unless a writer has it. */
  async lend<T>(operation: string, { directory, ...use }: DrainUse, work: (spool: Spool) => Promise<T>): Promise<T> {
    const lent =
      this.#spools.get(directory) ?? this.#open(operation, { directory, maxBytes: DEFAULT_SPOOL_BYTES }, use);
    lent.drains += 1;
    try {
      return await work(lent.spool);
    } finally {
      lent.drains -= 1;
      if (lent.drains === 0 && !lent.ofWriter) {
        await this.#close(directory, lent.spool);
      }
    }
  }

  #open(operation: string, { directory, maxBytes }: SpoolSettings, use: Partial<DrainUse> = {}): OpenSpool {
    const { target, logger, retry } = this.#settings;
    const database = databaseName(target);
    if (database === undefined) {
      const expected = 'a database that outlives the process';
      throw new InvalidInputError(operation, [{ path: 'spool', expected, received: 'one in memory' }]);
    }
    const pauses = retry.outage;
    const after = this.#closing.get(directory);
    const spool = new Spool({ directory, maxBytes, database, logger, pauses, after, ...this.#common, ...use });
    const opened = { spool, drains: 0, ofWriter: false };
    this.#spools.set(directory, opened);
    // one that could not be opened, because another process had it, may be tried again
    spool.opened.catch(() => this.#forget(directory, spool));
    return opened;
  }

  async #close(directory: string, spool: Spool): Promise<void> {
    this.#forget(directory, spool);
    const closing = spool.close();
    this.#closing.set(directory, closing);
    await closing;
    if (this.#closing.get(directory) === closing) {
      this.#closing.delete(directory);
    }
  }

  #forget(directory: string, spool: Spool): void {
    if (this.#spools.get(directory)?.spool === spool) {
      this.#spools.delete(directory);
    }
  }

  /** Waits until each has looked at what an earlier process left in it. */
  async opened(): Promise<void> {
    await Promise.allSettled([...this.#spools.values()].map(({ spool }) => spool.opened));
  }

  get states(): SpoolState[] {
    return [...this.#spools.values()].map(({ spool }) => spool.state);
  }

  /** Ends draining, after the batches under way. */
  stop(): void {
    for (const { spool } of this.#spools.values()) {
      spool.stop();
    }
  }

  /** Lets go of them. */
  async close(): Promise<void> {
    await Promise.all([...this.#spools.values()].map(({ spool }) => spool.close()));
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
