import { inTurns, type Turn } from '../../async/turns.ts';
import type { Table } from '../../entities/table.ts';
import type { Executor, Tries } from '../../executor/executor.ts';
import type { Session, Tables } from '../../executor/session.ts';
import type { ForceUpdate } from '../../schemas/write-options.schema.ts';
import { type Statement, withProgress } from '../statements.ts';
import { cutBatch, type LeaveOut, mostRowBytes } from './cut-batch.ts';
import { fileRowEncoder } from './encode-rows.ts';
import { loadRows } from './load-rows.ts';
import { addCounts, NO_ROWS, type UpsertCounts, upsertCounts } from './upsert-counts.ts';
import { type UpsertRules, UpsertStatements, type WriteOptions } from './upsert-statement.ts';

/** How the rows of one table are written. */
export interface WritePlan<T extends object> extends UpsertRules<T> {
  table(tables: Tables): Table<T>;
  /**
   * Whether rows may be loaded as a file: only where nothing but a stored key can make the server leave a row out, since
   * it does not say why it did.
   */
  readonly loadable: boolean;
}

/** How a batch of rows is written. */
export interface BatchOptions<T extends object, R> extends WriteOptions<T> {
  /** All rows or none. */
  readonly atomic: boolean;
  /** Lets other work run between slices, and between parts of the work on many rows. */
  readonly turn?: Turn | undefined;
  /** Called with each row that is too large for the server and is left out. Without it, such a row is an error. */
  readonly leaveOut?: LeaveOut<R> | undefined;
  readonly tries?: Tries | undefined;
}

const PACKET_TOO_LARGE = 1153;
const MOST_ROWS_PER_STATEMENT = 1_000;
// below this the fixed cost of a statement outweighs what writing in parallel gains
const LEAST_ROWS_PER_STATEMENT = 250;
// a server gains little from more, and the connections are for others too
const MOST_PARALLEL_SLICES = 4;
const LEAST_ROWS_PER_FILE = 500;
const MOST_ROWS_PER_FILE = 5_000;
/** The part of a batch that must be new for a file to be faster than statements. */
const MOSTLY_NEW = 0.9;

type Run = <T>(work: (session: Session) => Promise<T>) => Promise<T>;

/** A batch, cut for the way in which it is to be written. */
interface Cut<R> {
  readonly slices: R[][];
  readonly parallel: number;
  /** The limit of a statement's bytes that it was cut for. */
  readonly maxBytes: number;
}

/** What is derived from a table, and learned of its database. */
interface TableState<T extends object> {
  readonly statements: UpsertStatements<T>;
  readonly encodeFileRow: ReturnType<typeof fileRowEncoder<T>>;
  readonly mostBytesOf: (row: Partial<T>) => number;
  filesRefused: boolean;
}

/**
 * Writes rows into one table. A batch is cut into slices, each a statement (or a file) of its own that is retried by
 * itself: the same rows with the same keys, so a second time changes nothing more.
 *
 * `T` is a row of the table, `R` the part of it that each row of a batch brings along.
 */
export class BatchWriter<T extends object, R extends Partial<T> = T> {
  readonly #plan: WritePlan<T>;
  // a table belongs to one connected database, and so does what is known of it
  readonly #states = new WeakMap<Table<T>, TableState<T>>();
  /** Whether the last rows were new, so that the next ones probably are. */
  #mostlyNew = true;

  constructor(plan: WritePlan<T>) {
    this.#plan = plan;
  }

  /** Writes one row, in one statement. The driver refuses one that is larger than the server takes. */
  async writeRow(session: Session, row: R, { forceUpdate, shared }: WriteOptions<T>): Promise<UpsertCounts> {
    const statement = this.#stateOf(session).statements.statement(forceUpdate, [row], shared);
    return this.#send(session, statement, forceUpdate, 1);
  }

  /** Writes a batch in which every key occurs once. */
  async write(
    executor: Executor,
    operation: string,
    rows: readonly R[],
    options: BatchOptions<T, R>,
  ): Promise<UpsertCounts> {
    if (rows.length === 0) {
      return NO_ROWS;
    }
    const run: Run = (work) =>
      executor.run(operation, { idempotent: true, atomic: options.atomic, ...options.tries }, work);
    return executor.track(operation, () => this.#write(run, rows, options));
  }

  /** One slice, and all slices of a transaction, are written in the run that cuts; several take a run each. */
  async #write(run: Run, rows: readonly R[], options: BatchOptions<T, R>): Promise<UpsertCounts> {
    let cut: Cut<R> | undefined;
    let counts = NO_ROWS;
    const written = await run(async (session) => {
      cut ??= await this.#cut(session, rows, options);
      if (cut.slices.length > 1 && !session.inTransaction) {
        return undefined;
      }
      counts = NO_ROWS;
      for (const slice of cut.slices) {
        counts = addCounts(counts, await this.#writeSlice(session, slice, cut.maxBytes, options));
        await options.turn?.();
      }
      return counts;
    }).catch((error: unknown) => {
      throw options.atomic ? error : withProgress(error, progressOf(counts, rows.length), storedRows(counts) > 0);
    });
    return written ?? this.#writeInParallel(run, cut as unknown as Cut<R>, rows.length, options);
  }

  /** Writes several slices at a time: they hold different keys, so their order does not matter. */
  async #writeInParallel(
    run: Run,
    { slices, parallel, maxBytes }: Cut<R>,
    total: number,
    options: BatchOptions<T, R>,
  ): Promise<UpsertCounts> {
    const waiting = slices.values();
    let counts = NO_ROWS;
    let failure: { readonly error: unknown } | undefined;
    const work = async (): Promise<void> => {
      for (const slice of waiting) {
        try {
          const written = await run((session) => this.#writeSlice(session, slice, maxBytes, options));
          counts = addCounts(counts, written);
        } catch (error) {
          failure ??= { error };
        }
        // slices that have begun are written to their end
        if (failure !== undefined) {
          return;
        }
        // once every slice has begun, only the server works
        if (slices.length > parallel) {
          await options.turn?.();
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(parallel, slices.length) }, work));
    if (failure !== undefined) {
      const { error } = failure as { readonly error: unknown };
      throw withProgress(error, progressOf(counts, total), storedRows(counts) > 0);
    }
    return counts;
  }

  /** Writes a slice: as a file where that is faster, else by a statement. */
  async #writeSlice(
    session: Session,
    slice: readonly R[],
    maxBytes: number,
    options: BatchOptions<T, R>,
  ): Promise<UpsertCounts> {
    // a server that is sent too much may hang up without a word, and the limit may be lower on the next connection
    const isLimitLower = (): boolean => session.maxStatementBytes < maxBytes;
    if (isLimitLower()) {
      return this.#writeParts(session, slice, options);
    }
    const counts =
      (await this.#load(session, slice, options)) ??
      (await this.#upsert(session, slice, options).catch((error: unknown) => {
        if (isTooLarge(error) && isLimitLower() && !session.inTransaction) {
          return this.#writeParts(session, slice, options);
        }
        throw error;
      }));
    this.#mostlyNew = counts.inserted >= MOSTLY_NEW * slice.length;
    return counts;
  }

  /** Cuts a slice again, for a server whose limit became lower. */
  async #writeParts(session: Session, slice: readonly R[], options: BatchOptions<T, R>): Promise<UpsertCounts> {
    const { leaveOut } = options;
    const tooLarge: Parameters<LeaveOut<R>>[] = [];
    const collect: LeaveOut<R> | undefined = leaveOut && ((...rejected) => tooLarge.push(rejected));
    let counts = NO_ROWS;
    for (const part of (await this.#cut(session, slice, { ...options, leaveOut: collect })).slices) {
      counts = addCounts(counts, await this.#upsert(session, part, options));
    }
    // only once the others are stored: an attempt that fails is made again
    for (const rejected of tooLarge) {
      leaveOut?.(...rejected);
    }
    return counts;
  }

  /** Loads a slice as a file; `undefined` where it has to be written by a statement. */
  async #load(session: Session, slice: readonly R[], options: WriteOptions<T>): Promise<UpsertCounts | undefined> {
    if (!this.#loads(session, slice.length)) {
      return undefined;
    }
    const table = this.#plan.table(session.tables);
    const state = this.#stateOf(session);
    await session.assertNoDrift(table);
    const loaded = await loadRows(session, table, state.encodeFileRow, slice, options);
    state.filesRefused ||= loaded === 'refused';
    return typeof loaded === 'object' ? loaded : undefined;
  }

  #upsert(session: Session, slice: readonly R[], { forceUpdate, shared }: WriteOptions<T>): Promise<UpsertCounts> {
    const statement = this.#stateOf(session).statements.statement(forceUpdate, slice, shared);
    return this.#send(session, statement, forceUpdate, slice.length);
  }

  async #send(
    session: Session,
    { sql, parameters }: Statement,
    forceUpdate: ForceUpdate,
    rows: number,
  ): Promise<UpsertCounts> {
    const table = this.#plan.table(session.tables);
    await session.assertNoDrift(table);
    const result = await session.execute(sql, parameters);
    if ((result.warnings ?? 0) > 0) {
      await session.assertNoDrift(table, true);
    }
    return upsertCounts(session.dialect, forceUpdate, result, rows);
  }

  async #cut(
    session: Session,
    rows: readonly R[],
    { leaveOut, atomic, shared, turn }: BatchOptions<T, R>,
  ): Promise<Cut<R>> {
    const { statements, mostBytesOf } = this.#stateOf(session);
    const parallel = atomic ? 1 : Math.max(1, Math.min(MOST_PARALLEL_SLICES, session.freeConnections()));
    const share = Math.ceil(rows.length / parallel);
    const perFile = Math.min(Math.max(share, LEAST_ROWS_PER_FILE), MOST_ROWS_PER_FILE);
    const perStatement = Math.min(Math.max(share, LEAST_ROWS_PER_STATEMENT), MOST_ROWS_PER_STATEMENT);
    const limits = {
      rows: Math.min(
        this.#loads(session, Math.min(perFile, rows.length)) ? perFile : perStatement,
        Math.floor(session.dialect.maxParameters / this.#plan.table(session.tables).columns.length),
      ),
      bytes: session.maxStatementBytes,
      mostBytesOf,
      bytesOf: (row: R) => statements.bytesOf(row, shared),
    };
    // all or none: a row that cannot be sent is then an error
    const slices = await inTurns(cutBatch(rows, limits, atomic ? undefined : leaveOut), turn);
    return { slices, parallel, maxBytes: limits.bytes };
  }

  #loads(session: Session, rows: number): boolean {
    const isWorthIt = this.#plan.loadable && this.#mostlyNew && rows >= LEAST_ROWS_PER_FILE;
    return isWorthIt && session.load !== undefined && !this.#stateOf(session).filesRefused;
  }

  #stateOf(session: Session): TableState<T> {
    const table = this.#plan.table(session.tables);
    let state = this.#states.get(table);
    if (state === undefined) {
      state = {
        statements: new UpsertStatements(session.dialect, table, this.#plan),
        encodeFileRow: fileRowEncoder(table),
        mostBytesOf: session.maxStatementBytes === Number.POSITIVE_INFINITY ? () => 0 : mostRowBytes(table),
        filesRefused: false,
      };
      this.#states.set(table, state);
    }
    return state;
  }
}

function isTooLarge(error: unknown): boolean {
  return (error as { readonly errno?: unknown }).errno === PACKET_TOO_LARGE;
}

function storedRows({ inserted, updated, unchanged }: UpsertCounts): number {
  return inserted + updated + unchanged;
}

function progressOf(counts: UpsertCounts, total: number): string {
  return `${storedRows(counts)} of ${total} rows were written, and writing the whole batch again is safe`;
}
