import type { Configuration, MigrationObject, MikroORM } from '@mikro-orm/core';
import type { AbstractSqlConnection, AbstractSqlDriver } from '@mikro-orm/sql';
import type { Dialect as KyselyDialect } from 'kysely';
import type { CallerStatements } from './caller-statements.ts';
import type { ConnectionSettings } from './connection-settings.ts';
import type {
  AcceptLoad,
  Fields,
  LoadResult,
  Parameter,
  PhysicalConnection,
  Row,
  StatementResult,
} from './physical-connection.ts';
import type { ConnectionSource } from './pool/pooled-connection.ts';
import type { Unsettled } from './pool/unsettled.ts';
import type { RowLiterals } from './sql-literals.ts';
import type { StatementObserver } from './statement-event.ts';

/** The databases this library speaks to. */
export type DialectName = 'mysql' | 'mariadb' | 'sqlite';

/** Sends one statement and reads its result. */
export type Execute = (sql: string, parameters?: readonly Parameter[]) => Promise<StatementResult>;

/** Reads rows without making objects of them, and returns how many there were. */
export type Read = (sql: string, parameters: readonly Parameter[], onRow: (fields: Fields) => void) => Promise<number>;

/** Loads a file in a transaction of its own, which is undone, and `undefined` returned, unless it is accepted. */
export type Load = (sql: string, file: Iterable<Buffer>, accept: AcceptLoad) => Promise<LoadResult | undefined>;

/** How a database loads a file of rows. */
export interface FileLoad {
  /** The statement that loads a file and keeps the rows that are stored already. */
  statement(table: string, columns: readonly string[]): string;
}

/** How a database says "insert, or change what is stored under this key". */
export interface UpsertSyntax {
  /** Follows the rows: gives them a name where the database wants one. */
  readonly rowAlias: string;
  /** The value that the statement brings for a column. */
  incoming(column: string): string;
  /** Opens the part that says what happens to a stored row. */
  onConflict(keyColumns: readonly string[]): string;
  /** True where two values are the same, nulls included. */
  same(left: string, right: string): string;
  /** Wraps the one assignment that counts the changed rows, where the database does not count them itself. */
  countUpdated(expression: string): string;
  /** Whether a stored row can be left alone by a condition; otherwise its columns are set to themselves. */
  readonly canSkipRow: boolean;
}

/** What is known of the server at the other end. */
export interface ServerInfo {
  /** `MySQL`, `MariaDB` or `SQLite`. */
  readonly server: string;
  /** As the server says it: `9.7.4`, `10.11.18-MariaDB`. */
  readonly version: string;
  readonly readOnly: boolean;
  /** Seconds this replica is behind; `null` where it is none or may not say. */
  readonly replicationLagSeconds: number | null;
}

/** What a database knows of a table without counting its rows. */
export interface TableEstimate {
  /** About how many rows; far off, or zero, where much was written of late. */
  readonly rows: number;
  /** Bytes on disk; `null` where finding out would take too long. */
  readonly bytes: number | null;
}

/** What a database knows of what is stored. */
export interface StorageEstimate {
  /** Bytes on disk in all: of the tables asked for, or of the file where it is one. */
  readonly totalBytes: number;
  /** One for each table asked for, in their order. */
  readonly tables: readonly TableEstimate[];
}

/** The name of a transaction branch. Source: X/Open CAE Specification "Distributed Transaction Processing: The XA Specification". */
export interface BranchName {
  readonly formatId: number;
  /** Global transaction id, 1 to 64 bytes. */
  readonly gtrid: Buffer;
  /** Branch qualifier, 0 to 64 bytes. */
  readonly bqual: Buffer;
}

/** How a database says what two-phase commit takes. */
export interface TwoPhaseSyntax {
  /** A statement on a branch. */
  statement(verb: 'start' | 'end' | 'prepare' | 'commit' | 'rollback', name: BranchName): string;
  /** The statement that lists what is prepared. */
  readonly recover: string;
  decodeRecovered(row: Row): BranchName;
}

/** A column that is written, as far as it matters whether it keeps what it is given. */
export interface WrittenColumn {
  readonly name: string;
  readonly key: boolean;
  readonly kind: string;
}

/** What migrations need to run on a database. */
export interface MigrationSetup {
  readonly list: readonly MigrationObject[];
}

/**
 * Everything in which the databases differ, each difference a capability with a name. Code elsewhere
 * asks for the capability and never for the database.
 */
export interface Dialect {
  readonly name: DialectName;
  /** The name as people write it. */
  readonly label: string;
  readonly ormDriver: new (config: Configuration) => AbstractSqlDriver<AbstractSqlConnection>;
  readonly upsert: UpsertSyntax;
  readonly migrations: MigrationSetup;
  /** Placeholders one statement may have. */
  readonly maxParameters: number;
  /** How rows are written into a statement's text; without it they are bound to placeholders. */
  readonly rowLiterals?: RowLiterals | undefined;
  /** How files are loaded, where they can be. */
  readonly fileLoad?: FileLoad | undefined;
  /** How statements of a caller's own are read and sent. */
  readonly callerStatements: CallerStatements;
  /** How a transaction is prepared and finished in two phases, where it can be. */
  readonly twoPhase?: TwoPhaseSyntax | undefined;
  /** The database is a file of our own: made, and migrated, at first use. */
  readonly embedded: boolean;

  openConnection(settings: ConnectionSettings): Promise<PhysicalConnection>;
  /** Statements that lost connections have left at the server; absent where none outlives its connection. */
  unsettled?(settings: ConnectionSettings): Unsettled;
  kyselyDialect(pool: ConnectionSource, observe?: StatementObserver): KyselyDialect;

  serverInfo(execute: Execute, settings: ConnectionSettings): Promise<ServerInfo>;
  /** Where a snapshot, which holds a connection for as long as its reader takes, gets it from. */
  snapshotSource(pool: ConnectionSource, settings: ConnectionSettings): ConnectionSource;
  /** Has the database read something, to see that it can; a table that is missing is no fault. */
  probe(execute: Execute, tables: readonly string[]): Promise<void>;
  /** Looks up, without counting, how much is stored: quick on tables of any size. A missing table is an error. */
  estimateTables(execute: Execute, tables: readonly string[]): Promise<StorageEstimate>;
  /**
   * Counts a table's rows; `undefined` where the database gave up after `limitMs`. It may notice the limit
   * some time after it has passed.
   */
  countRows(
    execute: Execute,
    table: string,
    keyColumns: readonly string[],
    limitMs: number,
  ): Promise<number | undefined>;
  /** A stored decimal plus another, exactly: it has one placeholder, for the other in canonical form. */
  decimalSum(column: string): string;
  /** The statement that deletes at most `limit` rows that meet a condition. */
  deleteLimited(table: string, keyColumns: readonly string[], condition: string, limit: number): string;
  /** Statements that mend what the ORM's comparison does not see: tables whose text compares in another way. */
  collationDifferences(execute: Execute, tables: readonly string[], collation: string): Promise<string[]>;
  /**
   * Says which column of a table would change a value in silence, or take two rows for one; nothing where all is
   * well, or there is no such table. Absent where columns keep whatever they are given.
   */
  findColumnDrift?(
    execute: Execute,
    table: { readonly name: string; readonly columns: readonly WrittenColumn[] },
    collation: string,
  ): Promise<{ readonly known: boolean; readonly fault: string | undefined }>;
  /** Whether this account is shown all of the tables that are there: else a comparison would miss what there is. */
  seesAllTables(execute: Execute, tables: readonly string[]): Promise<boolean>;
  /** Migrates so that no other process migrates the same database meanwhile. */
  withMigrationLock<T>(host: MigrationHost, work: (orm: MikroORM) => Promise<T>): Promise<T>;
}

/** What a migration runs on. */
export interface MigrationHost {
  readonly orm: MikroORM;
  readonly settings: ConnectionSettings;
  /** Makes another ORM of the same entities, on connections of its own. */
  createOrm(kyselyDialect: KyselyDialect): MikroORM;
}

/** Writes an identifier of our own: never one that came as input. */
export function quote(identifier: string): string {
  return `\`${identifier}\``;
}

/** Reads a row's column as a number. */
export function numberOf(row: Row | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}
