import type { TransactionSettings } from 'kysely';
import type { Quoting } from '../errors/redact.ts';
import type { QueryOutcome, RowSink } from './row-sink.ts';

/** A value for a placeholder. */
export type Parameter = string | number | bigint | boolean | Buffer | null;

/** A row of the driver, by column name. */
export type Row = Record<string, unknown>;

/** What a statement did, as the database reports it. */
export interface StatementResult {
  readonly rows: readonly Row[];
  /** Rows that were inserted (1 each), changed (2 each by a server's upsert) or deleted. */
  readonly affected: number;
  /** Number of warnings, if the database has warnings. */
  readonly warnings?: number | undefined;
  /** Id from an auto-increment. */
  readonly insertId?: number | bigint | undefined;
  /** Rows of an upsert that existed and were changed. */
  readonly updated?: number | undefined;
}

/** What loading a file did, as the server reports it. */
export interface LoadResult {
  readonly records: number;
  /** Rows that were not stored: they existed, or for a reason that the warnings tell. */
  readonly skipped: number;
  /** One for each skipped row, and one for each value that was stored differently. */
  readonly warnings: number;
}

/** Decides whether a load is committed. `warnings` asks the server for the code of each warning. */
export type AcceptLoad = (result: LoadResult, warnings: () => Promise<readonly number[]>) => Promise<boolean>;

/**
 * The fields of one row, read one after another in the order of the statement's columns, each by the method of its
 * type. Valid only during the callback. A NULL throws, except for integers and where `skipNull()` is asked first.
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
  /** Whether the next field is NULL, which is then skipped. */
  skipNull(): boolean;
}

/** A server's limits for a connection. */
export interface ServerLimits {
  /** Largest statement, in bytes. */
  readonly maxStatementBytes: number;
  /** Whether the server loads clients' files. */
  readonly loadsFiles: boolean;
}

/** One connection to a database, as the pool keeps it. */
export interface PhysicalConnection {
  /** False once it cannot be used any more; the pool then drops it. */
  readonly usable: boolean;
  /** Whether a statement is running and it is not known that the server works on it. */
  readonly silent?: boolean;
  /** How the database reads quotes and comments; used to show statements without their values. */
  readonly quoting?: Quoting;
  /** Whether a transaction was open at the last answer; absent if the database does not report it. */
  readonly inTransaction?: boolean;
  /** False if closing it would lose the data: a database in memory exists only in its connection. */
  readonly replaceable: boolean;
  /** The server's limits when the connection was opened; absent if there are none. */
  readonly limits?: ServerLimits;
  /** Statements to send after a commit or rollback; absent if there are none. */
  readonly afterTransaction?: readonly string[];
  /** Executes a statement of the library or the ORM; rows come as objects. */
  execute(sql: string, parameters: readonly Parameter[]): Promise<StatementResult>;
  /** Reads rows field by field, without an object for each. Returns how many there were. */
  read(sql: string, parameters: readonly Parameter[], onRow: (fields: Fields) => void): Promise<number>;
  /** Sends any statement of a caller; its rows go to a sink. */
  query(sql: string, parameters: readonly Parameter[], sink: RowSink): Promise<QueryOutcome>;
  /** Sends a file that the statement loads; absent if the database loads no files. */
  load?(sql: string, file: Iterable<Buffer>): Promise<LoadResult>;
  /** Checks whether it responds, and closes it if not; absent if it cannot be lost. */
  check?(): Promise<boolean>;
  /**
   * Restores the session as it was after opening: variables, temporary tables, locks, prepared statements, the
   * current database. An open transaction is rolled back.
   *
   * @throws Error if that is not possible; the connection must not be used any more
   */
  reset?(): Promise<void>;
  /** The statements that begin a transaction with these settings. */
  beginStatements(settings: TransactionSettings): readonly string[];
  /** Closes it after the running statements. */
  close(): Promise<void>;
  /** Closes it at once; running statements fail. */
  abort(): void;
}
