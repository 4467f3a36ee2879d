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
export type CallerConnection = Pick<PooledConnection, 'query' | 'markDirty'>;

/** What a repository works with while one operation runs: a connection of the pool, or a transaction's. */
export interface Session {
  /** A fresh unit of work, inside the transaction where there is one. */
  readonly em: SqlEntityManager;
  readonly dialect: Dialect;
  readonly tables: Tables;
  /** Bytes one statement may have. */
  readonly maxStatementBytes: number;
  readonly execute: Execute;
  /**
   * Assures that a table keeps what is written to it as it is given; looked at once, until there is a doubt.
   *
   * @param doubt whether the database has warned about what was written just now
   * @throws Error that names the column that does not
   */
  assertNoDrift<T extends object>(table: Table<T>, doubt?: boolean): Promise<void>;
  readonly read: Read;
  /** Loads files of rows: where the server allows it and the settings do, outside a transaction. */
  readonly load?: Load | undefined;
  /** Whether a transaction is bound to it. */
  readonly inTransaction: boolean;
  /**
   * Does work on one connection: the transaction's, where there is one.
   *
   * @param options.slow it is held for as long as somebody takes rows from it, so that others should not wait for it
   */
  withConnection<T>(
    work: (connection: CallerConnection) => Promise<T>,
    options?: { readonly slow?: boolean },
  ): Promise<T>;
  /** How many more connections could be used at this moment without making anybody wait; none in a transaction. */
  freeConnections(): number;
}

/** The part of a session that reading takes. */
export type ReadSession = Pick<Session, 'tables' | 'read'>;
