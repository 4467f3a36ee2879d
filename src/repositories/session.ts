import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Dialect, Execute } from '../dialects/dialect.ts';
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

/** What a repository works with while one operation runs: a connection of the pool, or a transaction's. */
export interface Session {
  /** A fresh unit of work, inside the transaction where there is one. */
  readonly em: SqlEntityManager;
  readonly dialect: Dialect;
  readonly tables: Tables;
  /** Bytes one statement may have. */
  readonly maxStatementBytes: number;
  readonly execute: Execute;
}

/** How a piece of work may be treated. */
export interface RunOptions {
  /**
   * Whether it may be done twice: then it is repeated even when its first outcome is not known. Asked after
   * a failure, where it depends on how far the work came.
   */
  readonly idempotent: boolean | (() => boolean);
  /** Whether all its statements are stored or none. @default false */
  readonly atomic?: boolean;
}

/**
 * Runs a repository's work: hands it a session, repeats it where that is safe and translates what it
 * throws. Outside a transaction each run stands for itself; inside one it is bound to it.
 */
export interface Runner {
  /** Several runs that are one operation: an instance that is closed meanwhile waits for all of them. */
  whole<T>(operation: string, work: () => Promise<T>): Promise<T>;
  run<T>(operation: string, options: RunOptions, work: (session: Session) => Promise<T>): Promise<T>;
}
