import type { Configuration, MigrationObject, MikroORM } from '@mikro-orm/core';
import type { AbstractSqlConnection, AbstractSqlDriver } from '@mikro-orm/sql';
import type { Dialect as KyselyDialect } from 'kysely';
import type { ConnectionSettings } from './connection-settings.ts';
import type { PhysicalConnection, Row } from './physical-connection.ts';
import type { ConnectionSource, UnfinishedStatements } from './pool/connection-source.ts';
import type { PooledConnection, StatementObserver } from './pool/pooled-connection.ts';
import type { RawSqlDialect } from './raw-sql-dialect.ts';
import type { RowLiterals } from './sql-literals.ts';

/** The supported databases. */
export type DialectName = 'mysql' | 'mariadb' | 'sqlite';

/** Verbs of a connection without the connection: on any free one, or on that of a transaction. */
export type Execute = PooledConnection['execute'];
export type Read = PooledConnection['read'];
export type Load = PooledConnection['load'];

/** The syntax of "insert, or update the row with this key". */
export interface UpsertSyntax {
  /** Follows the rows: names them, if the database needs a name. */
  readonly rowAlias: string;
  /** The statement's own value for a column. */
  incoming(column: string): string;
  /** Introduces the assignments for an existing row. */
  onConflict(keyColumns: readonly string[]): string;
  /** An expression that is true if two values are equal or both NULL. */
  same(left: string, right: string): string;
  /** Wraps one assignment so that changed rows are counted, if the database does not count them itself. */
  countUpdated(expression: string): string;
  /** Whether a condition can skip an existing row; otherwise its columns are set to themselves. */
  readonly canSkipRow: boolean;
}

/** What the server says about itself. */
export interface ServerInfo {
  /** `MySQL`, `MariaDB` or `SQLite`. */
  readonly server: string;
  /** The server's own wording: `9.7.4`, `10.11.18-MariaDB`. */
  readonly version: string;
  readonly readOnly: boolean;
  /** How many seconds this replica is behind; `null` if it is no replica, or the account may not ask. */
  readonly replicationLagSeconds: number | null;
}

/** A table's size without counting its rows. */
export interface TableEstimate {
  /** Estimated rows; after many recent writes it may be far off, or zero. */
  readonly rows: number;
  /** Bytes on disk; `null` if finding out would take too long. */
  readonly bytes: number | null;
}

/** The size of what is stored. */
export interface StorageEstimate {
  /** Bytes on disk in total: of the given tables, or of the database file. */
  readonly totalBytes: number;
  /** One for each given table, in the same order. */
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

/** The statements of two-phase commit. */
export interface TwoPhaseSyntax {
  /** A statement on a branch. */
  statement(verb: 'start' | 'end' | 'prepare' | 'commit' | 'rollback', name: BranchName): string;
  /** The statement that lists the prepared branches. */
  readonly recover: string;
  decodeRecovered(row: Row): BranchName;
}

/** A column whose definition matters for whether it stores values unchanged. */
export interface WrittenColumn {
  readonly name: string;
  readonly key: boolean;
  readonly kind: string;
  readonly nullable: boolean;
}

/**
 * Everything in which the databases differ, each difference as a named capability. Other code asks for a capability,
 * never for the name of the database.
 */
export interface Dialect {
  readonly name: DialectName;
  /** The name for messages. */
  readonly label: string;
  readonly ormDriver: new (config: Configuration) => AbstractSqlDriver<AbstractSqlConnection>;
  readonly upsert: UpsertSyntax;
  readonly migrations: readonly MigrationObject[];
  /** How many placeholders a statement may have. */
  readonly maxParameters: number;
  /** How rows are written into a statement's text; if absent, they are bound to placeholders. */
  readonly rowLiterals?: RowLiterals | undefined;
  /** The statement that loads rows from a file and keeps existing rows; absent if files cannot be loaded. */
  loadFile?(table: string, columns: readonly string[]): string;
  /** How callers' own statements are read, checked and sent. */
  readonly rawSql: RawSqlDialect;
  /** The statements of two-phase commit; absent if there is none. */
  readonly twoPhase?: TwoPhaseSyntax | undefined;
  /** Whether `select … for update` locks rows, and is refused where writing is. */
  readonly lockingReads: boolean;

  openConnection(settings: ConnectionSettings): Promise<PhysicalConnection>;
  /** Statements that lost connections left at the server; absent if no statement outlives its connection. */
  unfinishedStatements?(settings: ConnectionSettings): UnfinishedStatements;
  kyselyDialect(pool: ConnectionSource, observe?: StatementObserver): KyselyDialect;

  serverInfo(execute: Execute, settings: ConnectionSettings): Promise<ServerInfo>;
  /** Where snapshots and streams get their connections, which they hold as long as their reader takes. */
  snapshotSource(pool: ConnectionSource, settings: ConnectionSettings): ConnectionSource;
  /** Verifies that the database can read. A missing table is no error. */
  probe(execute: Execute, tables: readonly string[]): Promise<void>;
  /** Estimates sizes without counting rows, quickly for tables of any size. A missing table is an error. */
  estimateTables(execute: Execute, tables: readonly string[]): Promise<StorageEstimate>;
  /** Counts a table's rows; `undefined` if the database gave up after `limitMs`, which it may notice late. */
  countRows(
    execute: Execute,
    table: string,
    keyColumns: readonly string[],
    limitMs: number,
  ): Promise<number | undefined>;
  /** An exact sum of a decimal column and one placeholder, which takes a decimal in canonical form. */
  decimalSum(column: string): string;
  /** The statement that deletes at most `limit` rows of a condition. */
  deleteLimited(table: string, keyColumns: readonly string[], condition: string, limit: number): string;
  /** Statements that correct tables with another collation, which the ORM's schema comparison does not see. */
  collationDifferences(execute: Execute, tables: readonly string[], collation: string): Promise<string[]>;
  /**
   * Finds a column that would silently change values, or treat different keys as equal. `known` is false if the table
   * does not exist. Absent if columns store every value unchanged.
   */
  findColumnDrift?(
    execute: Execute,
    table: { readonly name: string; readonly columns: readonly WrittenColumn[] },
    collation: string,
  ): Promise<{ readonly known: boolean; readonly fault: string | undefined }>;
  /** Whether this account sees the complete definition of all tables; otherwise a schema comparison would be wrong. */
  seesAllTables(execute: Execute, tables: readonly string[]): Promise<boolean>;
  /** Runs migrations while no other process migrates the same database. */
  withMigrationLock<T>(host: MigrationHost, work: (orm: MikroORM) => Promise<T>): Promise<T>;
}

/** The instance that runs migrations. */
export interface MigrationHost {
  readonly orm: MikroORM;
  readonly settings: ConnectionSettings;
  /** Makes another ORM of the same entities, on other connections. */
  createOrm(kyselyDialect: KyselyDialect): MikroORM;
}

/** Quotes an identifier of the library. Never pass one that came as input. */
export function quote(identifier: string): string {
  return `\`${identifier}\``;
}

/** Reads a column of a row as a number. */
export function numberOf(row: Row | undefined, column: string): number {
  return Number(row?.[column] ?? 0);
}
