import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Dialect, Execute, Load, Read } from '../databases/dialect.ts';
import type { PooledConnection } from '../databases/pool/pooled-connection.ts';
import type { Bot } from '../entities/bot.entity.ts';
import type { MarketData } from '../entities/market-data.entity.ts';
import type { RawTrade } from '../entities/raw-trade.entity.ts';
import type { Table } from '../entities/table.ts';

/** The tables, derived from the entities for the database at hand. */
export interface Tables {
  readonly marketData: Table<MarketData>;
  readonly rawTrades: Table<RawTrade>;
  readonly bots: Table<Bot>;
}

/** One connection, for a caller's own statements. */
export type RawSqlConnection = Pick<PooledConnection, 'query' | 'markDirty'>;

/** What a repository works with during one operation: a connection of the pool, or that of a transaction. */
export interface Session {
  /** A new unit of work, inside the transaction if there is one. */
  readonly em: SqlEntityManager;
  readonly dialect: Dialect;
  readonly tables: Tables;
  /** The largest statement that the server accepts, in bytes. */
  readonly maxStatementBytes: number;
  readonly execute: Execute;
  /**
   * Checks once that a table's columns store every value unchanged.
   *
   * @param doubt whether the database has warned about what was written just now
   * @throws Error that names the column that does not
   */
  assertNoDrift<T extends object>(table: Table<T>, doubt?: boolean): Promise<void>;
  readonly read: Read;
  /** Loads rows by LOAD DATA. Absent in a transaction, and where the server or the settings do not allow it. */
  readonly load?: Load | undefined;
  /** Whether it belongs to a transaction. */
  readonly inTransaction: boolean;
  /**
   * Does work on one connection: that of the transaction, if there is one.
   *
   * @param options.slow whether the connection is held for as long as a reader takes, so that others should not wait
   *   for it
   */
  withConnection<T>(
    work: (connection: RawSqlConnection) => Promise<T>,
    options?: { readonly slow?: boolean },
  ): Promise<T>;
  /** How many more connections are free at this moment; none in a transaction. */
  freeConnections(): number;
}

/** The part of a session that is needed to read. */
export type ReadSession = Pick<Session, 'tables' | 'read'>;
