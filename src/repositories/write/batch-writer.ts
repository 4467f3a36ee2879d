import { inTurns, type Turn } from '../../async/turns.ts';
import type { Table } from '../../entities/table.ts';
import type { Executor, RunOptions } from '../../executor/executor.ts';
import type { Session, Tables } from '../../executor/session.ts';
import { type Check, under } from '../../schemas/parse.ts';
import type { ForceUpdate } from '../../schemas/write-options.schema.ts';
import type { StoredBatch } from '../../streams/writer-target.ts';
import { withProgress } from '../statements.ts';
import { checkBatch } from './check-batch.ts';
import { cutBatch, type LeaveOut, mostRowBytes } from './cut-batch.ts';
import { dedupeByKey } from './dedupe-by-key.ts';
import { fileRowEncoder } from './encode-rows.ts';
import { loadRows } from './load-rows.ts';
import {
  addCounts,
  NO_ROWS,
  type UpsertRules,
  UpsertStatements,
  upsertCounts,
  type WriteOptions,
} from './upsert-statement.ts';
import type { Outcome, UpsertCounts, WriteResult } from './write-result.ts';

/**
 * How the rows of one table are written. `T` is a row of the table, `R` the part of it that each row of a batch brings
 * along.
 */
export interface WritePlan<T extends object, R extends Partial<T>> extends UpsertRules<T> {
  /** What a row is called in the log. */
  readonly rowName: string;
  /** A row in a line of the log. */
  describe(row: R): string;
  table(tables: Tables): Table<T>;
  /** Compares two rows by their keys; zero means the same key. */
  compare(a: R, b: R): number;
  /** Whether a row of a batch replaces an earlier one with its key. */
  replaces(next: R, previous: R, forceUpdate: ForceUpdate): boolean;
  /**
   * Whether rows may be loaded as a file: only where nothing but a stored key can make the server leave a row out, since
   * it does not say why it did.
   */
  readonly loadable: boolean;
  /** The property that may be larger than the server takes: such a row is rejected. Without one it is an error. */
  readonly unbounded?: keyof T & string;
}

/** What a caller may say of a batch. */
interface BatchOptions extends Pick<RunOptions, 'waitsForPool' | 'onRetry' | 'signal'> {
  readonly forceUpdate: ForceUpdate;
  /** All rows or none. */
  readonly atomic: boolean;
}

/** How the slices of a batch are written. */
interface SliceOptions<T extends object, R> extends WriteOptions<T> {
  readonly atomic: boolean;
  /** Lets other work run between slices, and between parts of the work on many rows. */
  readonly turn: Turn | undefined;
  /** Called with each row that is too large for the server and is left out. Without it, such a row is an error. */
  readonly leaveOut: LeaveOut<R> | undefined;
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
  readonly table: Table<T>;
  readonly statements: UpsertStatements<T>;
  readonly encodeFileRow: ReturnType<typeof fileRowEncoder<T>>;
  readonly mostBytesOf: (row: Partial<T>) => number;
  filesRefused: boolean;
}

/**
 * Checks rows and writes them into one table. A batch is cut into slices, each a statement (or a file) of its own that is
 * retried by itself: the same rows with the same keys, so a second time changes nothing more.
 */
export class BatchWriter<T extends object, R extends Partial<T>> {
  readonly check: Check<R>;
  readonly #plan: WritePlan<T, R>;
  // the tables belong to one connected database, and so does what is known of it
  readonly #states = new WeakMap<Tables, TableState<T>>();
  /** Whether the last rows were new, so that the next ones probably are. */
  #mostlyNew = true;

  constructor(plan: WritePlan<T, R>, check: Check<R>) {
    this.#plan = plan;
    this.check = check;
  }

  /** Writes a checked row, in one statement. The driver refuses one that is larger than the server takes. */
  async writeRow(executor: Executor, operation: string, row: R, forceUpdate: ForceUpdate): Promise<Outcome> {
    const { rowName, describe, stamp } = this.#plan;
    const options = { forceUpdate, shared: stamp && ({ [stamp]: new Date() } as Partial<T>) };
    const { inserted, updated } = await executor.run(operation, { idempotent: true }, (session) =>
      this.#upsert(session, [row], options),
    );
    const outcome = inserted > 0 ? 'inserted' : updated > 0 ? 'updated' : 'unchanged';
    executor.debug(operation, () => `stored ${rowName} ${describe(row)}: ${outcome}`);
    return outcome;
  }

  /** Checks a batch and writes what is valid. What is rejected is named by its index in the batch. */
  async checkAndWrite(
    executor: Executor,
    operation: string,
    batch: readonly unknown[],
    options: BatchOptions,
  ): Promise<WriteResult> {
    const checking = inTurns(checkBatch(operation, this.check, batch, options.atomic), executor.turn);
    // in a transaction nothing is awaited before the work is queued, since calls there keep their order
    const { accepted, acceptedAt, rejected } = checking instanceof Promise ? await checking : checking;
    const stored = await this.write(executor, operation, accepted, options);
    const tooLarge = stored.rejected.map(({ row, issues }) => {
      const index = acceptedAt[accepted.indexOf(row)] ?? 0;
      return { index, issues: under(`[${index}]`, issues) };
    });
    return { ...stored, rejected: [...rejected, ...tooLarge].sort((a, b) => a.index - b.index) };
  }

  /** Writes checked rows, each key once. */
  async write(
    executor: Executor,
    operation: string,
    rows: readonly R[],
    { forceUpdate, atomic, ...tries }: BatchOptions,
  ): Promise<StoredBatch<R>> {
    const { turn } = executor;
    const { rowName, compare, replaces, stamp, unbounded: path } = this.#plan;
    const rejected: StoredBatch<R>['rejected'][number][] = [];
    const leaveOut = (row: R, received: string): void => {
      rejected.push({ row, issues: [{ path: path as string, expected: 'what one statement can carry', received }] });
    };
    // every row of a batch has the same time
    const shared = stamp && ({ [stamp]: new Date() } as Partial<T>);
    const options = { forceUpdate, atomic, turn, shared, leaveOut: path && leaveOut };
    const run: Run = (work) => executor.run(operation, { idempotent: true, atomic, ...tries }, work);
    let counts = NO_ROWS;
    let left = rows;
    while (left.length > 0) {
      const winner = (next: R, previous: R) => replaces(next, previous, forceUpdate);
      const deduping = inTurns(dedupeByKey(left, compare, winner), turn);
      const unique = deduping instanceof Promise ? await deduping : deduping;
      const known = rejected.length;
      counts = addCounts(counts, await executor.track(operation, () => this.#write(run, unique, options)));
      // a row that is left out leaves its key to the next row that has it
      const leftOut = rejected.slice(known);
      const tried = new Set(leftOut.length > 0 ? unique : []);
      const isNext = (row: R) => !tried.has(row) && leftOut.some((other) => compare(other.row, row) === 0);
      left = leftOut.length > 0 ? left.filter(isNext) : [];
    }
    const { inserted, updated } = counts;
    const written = rows.length - rejected.length;
    const unchanged = written - inserted - updated;
    executor.debug(
      operation,
      () => `stored ${written} ${rowName}s: ${inserted} inserted, ${updated} updated, ${unchanged} unchanged`,
    );
    return { inserted, updated, unchanged, rejected };
  }

  /** One slice, and all slices of a transaction, are written in the run that cuts; several take a run each. */
  async #write(run: Run, rows: readonly R[], options: SliceOptions<T, R>): Promise<UpsertCounts> {
    let cut: Cut<R> | undefined;
    let counts = NO_ROWS;
    const written = await run(async (session) => {
      cut ??= await this.#cut(session, rows, options);
      if (cut.slices.length > 1 && !session.inTransaction) {
        return undefined;
      }
      counts = NO_ROWS;
      for (const [index, slice] of cut.slices.entries()) {
        if (index > 0) {
          await options.turn?.();
        }
        counts = addCounts(counts, await this.#writeSlice(session, slice, cut.maxBytes, options));
      }
      return counts;
    }).catch((error: unknown) => {
      throw options.atomic ? error : withCounts(error, counts, rows.length);
    });
    return written ?? this.#writeInParallel(run, cut as unknown as Cut<R>, rows.length, options);
  }

  /** Writes several slices at a time: they hold different keys, so their order does not matter. */
  async #writeInParallel(
    run: Run,
    { slices, parallel, maxBytes }: Cut<R>,
    total: number,
    options: SliceOptions<T, R>,
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
      throw withCounts((failure as { readonly error: unknown }).error, counts, total);
    }
    return counts;
  }

  /** Writes a slice: as a file where that is faster, else by a statement. */
  async #writeSlice(
    session: Session,
    slice: readonly R[],
    maxBytes: number,
    options: SliceOptions<T, R>,
  ): Promise<UpsertCounts> {
    // a server that is sent too much may hang up without a word, and the limit may be lower on the next connection
    if (session.maxStatementBytes < maxBytes) {
      return this.#writeParts(session, slice, options);
    }
    let counts: UpsertCounts | undefined;
    if (this.#loads(session, slice.length)) {
      const state = this.#stateOf(session);
      await session.assertNoDrift(state.table);
      const loaded = await loadRows(session, state.table, state.encodeFileRow, slice, options);
      state.filesRefused ||= loaded === 'refused';
      counts = typeof loaded === 'object' ? loaded : undefined;
    }
    counts ??= await this.#upsert(session, slice, options).catch((error: { readonly errno?: unknown }) => {
      if (error.errno === PACKET_TOO_LARGE && session.maxStatementBytes < maxBytes && !session.inTransaction) {
        return this.#writeParts(session, slice, options);
      }
      throw error;
    });
    this.#mostlyNew = counts.inserted >= MOSTLY_NEW * slice.length;
    return counts;
  }

  /** Cuts a slice again, for a server whose limit became lower. */
  async #writeParts(session: Session, slice: readonly R[], options: SliceOptions<T, R>): Promise<UpsertCounts> {
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

  async #upsert(
    session: Session,
    slice: readonly R[],
    { forceUpdate, shared }: WriteOptions<T>,
  ): Promise<UpsertCounts> {
    const { table, statements } = this.#stateOf(session);
    const { sql, parameters } = statements.statement(forceUpdate, slice, shared);
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
    { leaveOut, atomic, shared, turn }: SliceOptions<T, R>,
  ): Promise<Cut<R>> {
    const { table, statements, mostBytesOf } = this.#stateOf(session);
    const parallel = atomic ? 1 : Math.max(1, Math.min(MOST_PARALLEL_SLICES, session.freeConnections()));
    const share = Math.ceil(rows.length / parallel);
    const perFile = Math.min(Math.max(share, LEAST_ROWS_PER_FILE), MOST_ROWS_PER_FILE);
    const perStatement = Math.min(Math.max(share, LEAST_ROWS_PER_STATEMENT), MOST_ROWS_PER_STATEMENT);
    const limits = {
      rows: Math.min(
        this.#loads(session, Math.min(perFile, rows.length)) ? perFile : perStatement,
        Math.floor(session.dialect.maxParameters / table.columns.length),
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
    let state = this.#states.get(session.tables);
    if (state === undefined) {
      const table = this.#plan.table(session.tables);
      state = {
        table,
        statements: new UpsertStatements(session.dialect, table, this.#plan),
        encodeFileRow: fileRowEncoder(table),
        mostBytesOf: session.maxStatementBytes === Number.POSITIVE_INFINITY ? () => 0 : mostRowBytes(table),
        filesRefused: false,
      };
      this.#states.set(session.tables, state);
    }
    return state;
  }
}

/** Adds to an error what was written before it. */
function withCounts(error: unknown, { inserted, updated, unchanged }: UpsertCounts, total: number): unknown {
  const written = inserted + updated + unchanged;
  const progress = `${written} of ${total} rows were written, and writing the whole batch again is safe`;
  return withProgress(error, progress, written > 0);
}
