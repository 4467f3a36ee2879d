import { resolve } from 'node:path';
import type { Settings } from '../config/settings.ts';
import type { Target } from '../config/target.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import { parse } from '../schemas/parse.ts';
import { type DrainOptions, drainOptionsSchema } from '../schemas/spool-options.schema.ts';
import { DEFAULT_SPOOL_BYTES, type SpoolSettings } from '../schemas/writer-options.schema.ts';
import type { SpoolState } from '../streams/row-spool.ts';
import { requireSpool } from './read-spool.ts';
import { Spool } from './spool.ts';
import type { SpoolStore } from './store-batch.ts';

/** Changes are reported; this is only a safety net. */
const LOOK_AGAIN_MS = 1_000;

/** What draining a spool did. */
export interface DrainReport {
  /** Rows that were stored, or were stored already. */
  readonly drained: number;
  /** Rows that the database did not accept because of what is in them; they stay in the spool's file. */
  readonly refused: number;
  /** Rows that are left because draining was stopped. */
  readonly left: number;
}

/** A spool and its users. */
interface OpenSpool {
  readonly spool: Spool;
  /** Calls of `drain()` that use it now. */
  drains: number;
  /** Whether a writer uses it: it then stays open until the instance is closed. */
  hasWriter: boolean;
}

/** The spools of an instance, one for each directory. */
export class OpenSpools {
  readonly #settings: Settings;
  readonly #store: SpoolStore;
  readonly #spools = new Map<string, OpenSpool>();
  /** Spools that are being closed: their directory can be opened again afterwards. */
  readonly #closing = new Map<string, Promise<void>>();

  constructor(settings: Settings, store: SpoolStore) {
    this.#settings = settings;
    this.#store = store;
  }

  /**
   * The spool of a directory, for a writer.
   *
   * @throws InvalidInputError when the database is in memory, or when the spool has another size already
   */
  of(operation: string, settings: SpoolSettings): Spool {
    const { directory, maxBytes } = settings;
    const open = this.#spools.get(directory) ?? this.#open(operation, settings);
    const { spool } = open;
    const { maxBytes: present } = spool.state;
    if (present !== maxBytes && open.hasWriter) {
      const expected = `${present}, as the other writers of ${directory} have it`;
      throw new InvalidInputError(operation, [{ path: 'spool.maxBytes', expected, received: String(maxBytes) }]);
    }
    open.hasWriter = true;
    if (present !== maxBytes) {
      spool.resize(maxBytes);
    }
    return spool;
  }

  /** Drains a spool until it is empty, a signal is aborted, or the database does not take its rows. */
  async drain(options: DrainOptions, ended: AbortSignal): Promise<DrainReport> {
    const operation = 'drainSpool';
    const {
      otherDatabase,
      setAside = false,
      signal = ended,
      onProgress,
      ...given
    } = parse(operation, drainOptionsSchema, options);
    const directory = requireSpool(operation, given.directory);
    const settings = { directory, maxBytes: DEFAULT_SPOOL_BYTES };
    const open = this.#spools.get(directory) ?? this.#open(operation, settings, otherDatabase);
    const { spool } = open;
    open.drains += 1;
    spool.setAside ||= setAside;
    try {
      return await drain(spool, AbortSignal.any([signal, ended]), onProgress);
    } finally {
      open.drains -= 1;
      if (open.drains === 0) {
        spool.setAside = false;
        await this.#closeUnused(directory, open);
      }
    }
  }

  /** Resolves when each spool has read what an earlier process left in it. */
  async opened(): Promise<void> {
    await Promise.allSettled([...this.#spools.values()].map(({ spool }) => spool.opened));
  }

  get states(): SpoolState[] {
    return [...this.#spools.values()].map(({ spool }) => spool.state);
  }

  /** Ends draining, after the batches in flight. */
  stop(): void {
    for (const { spool } of this.#spools.values()) {
      spool.stop();
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#spools.values()].map(({ spool }) => spool.close()));
  }

  #open(operation: string, { directory, maxBytes }: SpoolSettings, otherDatabase?: boolean): OpenSpool {
    const { target, logger, retry } = this.#settings;
    const database = databaseName(target);
    if (database === undefined) {
      const expected = 'a database that outlives the process';
      throw new InvalidInputError(operation, [{ path: 'spool', expected, received: 'one in memory' }]);
    }
    const spool = new Spool({
      ...{ directory, maxBytes, database, otherDatabase, logger, store: this.#store },
      pauses: retry.outage,
      after: this.#closing.get(directory),
    });
    const open = { spool, drains: 0, hasWriter: false };
    this.#spools.set(directory, open);
    // one that could not be opened, because another process had it, may be tried again
    spool.opened.catch(() => this.#forget(directory, open));
    return open;
  }

  async #closeUnused(directory: string, open: OpenSpool): Promise<void> {
    if (open.hasWriter) {
      return;
    }
    this.#forget(directory, open);
    const closing = open.spool.close();
    this.#closing.set(directory, closing);
    await closing;
    if (this.#closing.get(directory) === closing) {
      this.#closing.delete(directory);
    }
  }

  #forget(directory: string, open: OpenSpool): void {
    if (this.#spools.get(directory) === open) {
      this.#spools.delete(directory);
    }
  }
}

async function drain(spool: Spool, stop: AbortSignal, onProgress: DrainOptions['onProgress']): Promise<DrainReport> {
  await spool.opened;
  const before = spool.state;
  const storedBefore = spool.stored;
  spool.drain();
  while (!stop.aborted) {
    const { rows, error } = spool.state;
    if (error !== null) {
      throw error;
    }
    onProgress?.(before.rows - rows, before.rows);
    if (spool.empty) {
      break;
    }
    await spool.nextChange(LOOK_AGAIN_MS, stop);
  }
  const { rows: left, refused } = spool.state;
  return { drained: spool.stored - storedBefore, refused: refused - before.refused, left };
}

/** Names a database so that it can be told from others, without user and password; `undefined` for one in memory. */
function databaseName(target: Target): string | undefined {
  if (target.kind === 'server') {
    const { host, port, socketPath, database } = target;
    return socketPath === undefined ? `${host.toLowerCase()}:${port}/${database}` : `${socketPath}:${database}`;
  }
  return target.path === ':memory:' ? undefined : resolve(target.path);
}
