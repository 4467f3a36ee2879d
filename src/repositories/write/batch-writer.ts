import { inTurns, type Turn } from '../../async/turns.ts';
import type { Table } from '../../entities/table.ts';
import type { RunOptions } from '../../executor/executor.ts';
import type { Session } from '../../executor/session.ts';
import { loadRows } from './load-rows.ts';
import { withProgress } from './progress.ts';
import { mostRowBytes, slicesOf } from './slices.ts';
import { UpsertRows } from './upsert-rows.ts';
import { type UpsertCounts, type UpsertRules, upsertCounts, type Writing } from './upsert-statement.ts';

/** How the rows of one table are written. */
export interface WritePlan<T extends object> {
  tableOf(session: Session): Table<T>;
  rulesOf(table: Table<T>): UpsertRules;
  /**
   * Whether rows may be loaded as a file: only where nothing but a stored key can make the server leave a row
   * out, since it does not say why it did.
   */
  readonly loadable: boolean;
}

/** How one batch of rows is written. */
export interface BatchOptions<T extends object, R> extends Writing<T> {
  /** All rows or none. */
  readonly atomic: boolean;
  /** Is taken between slices, and between parts of the work on many rows. */
  readonly turn?: Turn | undefined;
  /** Is told of each row that the server would not take, which is then left out; without it, it is an error. */
  readonly leaveOut?: ((row: R, excess: string) => void) | undefined;
}

/** Runs one statement's worth of work: see {@link Executor.run}. */
export type Run = <R>(options: RunOptions, work: (session: Session) => Promise<R>) => Promise<R>;

const PACKET_TOO_LARGE = 1153;
const NOTHING: UpsertCounts = { inserted: 0, updated: 0, unchanged: 0 };
const MOST_ROWS_PER_STATEMENT = 1_000;
// below this the fixed cost of a statement outweighs what writing side by side gains
const LEAST_ROWS_PER_STATEMENT = 250;
// a server gains little from more, and the connections are for others too
const MOST_STATEMENTS_AT_ONCE = 4;
const LEAST_ROWS_PER_FILE = 500;
const MOST_ROWS_PER_FILE = 5_000;
/** The part of a batch that must be new for a file to be the faster way. */
const MOSTLY_NEW = 0.9;

/** A batch, cut for the way in which it is to be written. */
interface Cut<R> {
  readonly slices: R[][];
  readonly atOnce: number;
  /** Bytes of a statement, as they were known then. */
  readonly bytes: number;
}

/** What is derived from a table, and learned of its database. */
interface Derived<T extends object> {
  readonly upsert: UpsertRows<T>;
  readonly mostBytesOf: (row: Partial<T>) => number;
  filesRefused: boolean;
}

/**
 * Writes batches of rows into one table: cut into slices, each a statement (or a file) of its own and
 * repeated by itself where that is needed. It is the same statement with the same keys, so a second time
 * changes nothing more.
 *
 * `T` is what a row holds, `R` what of it each row brings along.
 */
export class BatchWriter<T extends object, R extends Partial<T> = T> {
  readonly #plan: WritePlan<T>;
  // a table belongs to one connected database, and so does what is known of it
  readonly #derived = new WeakMap<Table<T>, Derived<T>>();
  /** Whether the last rows were new, so that those to come probably are. */
  #mostlyNew = true;

  constructor(plan: WritePlan<T>) {
    this.#plan = plan;
  }

  async write(run: Run, rows: readonly R[], options: BatchOptions<T, R>): Promise<UpsertCounts> {
    if (rows.length === 0) {
      return NOTHING;
    }
    if (options.atomic) {
      return run({ idempotent: true, atomic: true }, async (session) => {
        let counts = NOTHING;
        for (const slice of (await this.#cut(session, rows, options)).slices) {
          counts = sum(counts, await this.#upsert(session, slice, options));
          await options.turn?.();
        }
        return counts;
      });
    }
    if (rows.length === 1) {
      return run({ idempotent: true }, (session) => this.#writeOne(session, rows, options));
    }
    const cut = await run({ idempotent: true }, (session) => this.#cut(session, rows, options));
    return this.#writeSlices(run, cut, rows.length, options);
  }

  /** One row is written as any slice is, but for what only many rows need. */
  async #writeOne(session: Session, rows: readonly R[], options: BatchOptions<T, R>): Promise<UpsertCounts> {
    const [slice] = (await this.#cut(session, rows, options)).slices;
    return slice === undefined ? NOTHING : this.#upsert(session, slice, options);
  }

  /** Several slices at once: they hold different keys, so it does not matter which is first. */
  async #writeSlices(
    run: Run,
    { slices, atOnce, bytes }: Cut<R>,
    total: number,
    how: BatchOptions<T, R>,
  ): Promise<UpsertCounts> {
    const waiting = slices.values();
    let counts = NOTHING;
    let failure: { readonly error: unknown } | undefined;
    const work = async (): Promise<void> => {
      for (const slice of waiting) {
        try {
          const written = await this.#writeSlice(run, slice, bytes, how);
          counts = sum(counts, written);
        } catch (error) {
          failure ??= { error };
        }
        // the others end what they have begun
        if (failure !== undefined) {
          return;
        }
        // where none waits, all have begun and only the server works
        if (slices.length > atOnce) {
          await how.turn?.();
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, slices.length) }, work));
    if (failure !== undefined) {
      const done = counts.inserted + counts.updated + counts.unchanged;
      const progress = `${done} of ${total} rows were written, and writing the whole batch again is safe`;
      throw withProgress((failure as { readonly error: unknown }).error, progress, done > 0);
    }
    return counts;
  }

  async #writeSlice(run: Run, slice: readonly R[], bytes: number, how: BatchOptions<T, R>): Promise<UpsertCounts> {
    const counts = await run({ idempotent: true }, async (session) => {
      // a server that is sent too much may hang up without a word, and takes less on the next connection
      if (session.maxStatementBytes < bytes) {
        return this.#writeParts(session, slice, how);
      }
      if (this.#loads(session, slice.length)) {
        const derived = this.#derive(session);
        await session.assertNoDrift(this.#plan.tableOf(session));
        const loaded = await loadRows(session, this.#plan.tableOf(session), derived.upsert, slice, how);
        if (typeof loaded === 'object') {
          return loaded;
        }
        derived.filesRefused ||= loaded === 'refused';
      }
      return this.#upsert(session, slice, how).catch((error: unknown) => {
        if (isTooLarge(error) && session.maxStatementBytes < bytes) {
          return this.#writeParts(session, slice, how);
        }
        throw error;
      });
    });
    this.#mostlyNew = counts.inserted >= MOSTLY_NEW * slice.length;
    return counts;
  }

  /** Cuts a slice anew, for a server that takes less than it did. */
  async #writeParts(session: Session, slice: readonly R[], options: BatchOptions<T, R>): Promise<UpsertCounts> {
    const { leaveOut } = options;
    const tooLarge: Parameters<NonNullable<typeof leaveOut>>[] = [];
    const noted = leaveOut === undefined ? undefined : (row: R, excess: string) => tooLarge.push([row, excess]);
    let counts = NOTHING;
    for (const part of (await this.#cut(session, slice, { ...options, leaveOut: noted })).slices) {
      counts = sum(counts, await this.#upsert(session, part, options));
    }
    // told once the others are stored: an attempt that fails is made again
    for (const given of tooLarge) {
      leaveOut?.(...given);
    }
    return counts;
  }

  async #upsert(session: Session, slice: readonly R[], { forceUpdate, same }: Writing<T>): Promise<UpsertCounts> {
    const { sql, parameters } = this.#derive(session).upsert.statement(forceUpdate, slice, same);
    const table = this.#plan.tableOf(session);
    await session.assertNoDrift(table);
    const result = await session.execute(sql, parameters);
    if ((result.warnings ?? 0) > 0) {
      await session.assertNoDrift(table, true);
    }
    return upsertCounts(session.dialect, forceUpdate, result, slice.length);
  }

  async #cut(
    session: Session,
    rows: readonly R[],
    { leaveOut, atomic, same, turn }: BatchOptions<T, R>,
  ): Promise<Cut<R>> {
    const { upsert, mostBytesOf } = this.#derive(session);
    const atOnce = atomic ? 1 : Math.max(1, Math.min(MOST_STATEMENTS_AT_ONCE, session.freeConnections()));
    const share = Math.ceil(rows.length / atOnce);
    const perFile = Math.min(Math.max(share, LEAST_ROWS_PER_FILE), MOST_ROWS_PER_FILE);
    const perStatement = Math.min(Math.max(share, LEAST_ROWS_PER_STATEMENT), MOST_ROWS_PER_STATEMENT);
    const limits = {
      rows: Math.min(
        this.#loads(session, Math.min(perFile, rows.length)) ? perFile : perStatement,
        Math.floor(session.dialect.maxParameters / this.#plan.tableOf(session).columns.length),
      ),
      bytes: session.maxStatementBytes,
      mostBytesOf,
      bytesOf: (row: R) => upsert.bytesOf(row, same),
    };
    // all or none: a row that cannot be sent is then an error
    const slices = await inTurns(slicesOf(rows, limits, atomic ? undefined : leaveOut), turn);
    return { slices, atOnce, bytes: limits.bytes };
  }

  #loads(session: Session, rows: number): boolean {
    const worthIt = this.#plan.loadable && this.#mostlyNew && rows >= LEAST_ROWS_PER_FILE;
    return worthIt && session.load !== undefined && !this.#derive(session).filesRefused;
  }

  #derive(session: Session): Derived<T> {
    const table = this.#plan.tableOf(session);
    let derived = this.#derived.get(table);
    if (derived === undefined) {
      derived = {
        upsert: new UpsertRows(session.dialect, table, this.#plan.rulesOf(table)),
        mostBytesOf: session.maxStatementBytes === Number.POSITIVE_INFINITY ? () => 0 : mostRowBytes(table),
        filesRefused: false,
      };
      this.#derived.set(table, derived);
    }
    return derived;
  }
}

function isTooLarge(error: unknown): boolean {
  return (error as { readonly errno?: unknown }).errno === PACKET_TOO_LARGE;
}

function sum(a: UpsertCounts, b: UpsertCounts): UpsertCounts {
  return { inserted: a.inserted + b.inserted, updated: a.updated + b.updated, unchanged: a.unchanged + b.unchanged };
}
