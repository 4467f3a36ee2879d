import type { TransactionSettings } from 'kysely';
import type { Quoting } from '../errors/redact.ts';
import type { QueryOutcome, RowSink } from './row-sink.ts';

/** A value that a statement is given. */
export type Parameter = string | number | bigint | boolean | Buffer | null;

/** A row as the driver hands it over, by column name. */
export type Row = Record<string, unknown>;

/** What a statement did, as the server itself says. */
export interface StatementResult {
  readonly rows: readonly Row[];
  /** Rows that were really inserted (1 each), changed (2 each by an upsert) or deleted. */
  readonly affected: number;
  /** How many warnings there are about it, where the database warns. */
  readonly warnings?: number | undefined;
  /** Id made by an auto-increment. */
  readonly insertId?: number | bigint | undefined;
  /** Rows of an upsert that were stored already and have been changed. */
  readonly updated?: number | undefined;
}

/** What loading a file did, as the server itself says. */
export interface LoadResult {
  readonly records: number;
  /** Rows that were left out: for being stored already, or for whatever else the warnings say. */
  readonly skipped: number;
  /** One for each row that was skipped, and one for each value that was not stored as it came. */
  readonly warnings: number;
}

/** Says whether what came of a file is to stay; `warnings` asks the server for the number of each warning. */
export type AcceptLoad = (result: LoadResult, warnings: () => Promise<readonly number[]>) => Promise<boolean>;

/**
 * The fields of one row, read one after another in the order of the statement's columns, each as what it
 * stands for. A reader is good for the row it is handed with, and no longer. Only integers may be NULL; of anything
 * else that is an error.
 */
export interface Fields {
  text(): string;
  /** An exact decimal in canonical form. */
  decimal(): string;
  /** A decimal as the nearest double. */
  double(): number;
  /** An instant, in milliseconds since 1970 UTC. */
  instant(): number;
  integer(): number | null;
}

/** What the server allows on a connection. */
export interface ServerLimits {
  /** Bytes one statement may have. */
  readonly maxStatementBytes: number;
  /** Whether clients may have it load files of theirs. */
  readonly loadsFiles: boolean;
}

/** One connection to one database, as the pool keeps it. */
export interface PhysicalConnection {
  /** False once it can no longer be used; the pool then drops it. */
  readonly usable: boolean;
  /** Whether a statement is under way on it and nothing says that the database works on that. */
  readonly silent?: boolean;
  /** How its database reads quotes and comments, for whoever shows a statement without its values. */
  readonly quoting?: Quoting;
  /** Whether a transaction was open on it when the database answered last; absent where that is not told. */
  readonly inTransaction?: boolean;
  /** False where closing it would lose what is stored: a database in memory is its one connection. */
  readonly replaceable: boolean;
  /** As the server said when it was opened; absent where there are none. */
  readonly limits?: ServerLimits;
  execute(sql: string, parameters: readonly Parameter[]): Promise<StatementResult>;
  /** Reads rows without making objects of them, and returns how many there were. */
  read(sql: string, parameters: readonly Parameter[], onRow: (fields: Fields) => void): Promise<number>;
  /** Sends a statement of a caller's own, whatever it is, and hands its rows to a sink. */
  query(sql: string, parameters: readonly Parameter[], sink: RowSink): Promise<QueryOutcome>;
  /** Sends a file that the statement loads; only where the database loads files. */
  load?(sql: string, file: Iterable<Buffer>): Promise<LoadResult>;
  /** Asks whether it is alive, and ends it where it is not; absent where it cannot be lost. */
  check?(): Promise<boolean>;
  /**
   * Makes its session what it was when it was opened, and undoes a transaction that was left open: variables,
   * temporary tables, locks, prepared statements, the current database. Where it cannot, it throws, and the
   * connection is not to be used any more.
   */
  reset?(): Promise<void>;
  /** The statements that open a transaction of these settings. */
  beginStatements(settings: TransactionSettings): readonly string[];
  /** The statements that follow a transaction's end, whatever its end was. */
  afterTransaction(): readonly string[];
  /** Ends it in good order, after the statements under way. */
  close(): Promise<void>;
  /** Ends it at once; statements under way fail. */
  abort(): void;
}
