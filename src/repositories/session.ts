import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Dialect, Execute, Load, Read } from '../dialects/dialect.ts';
import type { Bot } from '../entities/bot.entity.ts';
import type { MarketData } from '../entities/market-data.entity.ts';
import type { RawTrade } from '../entities/raw-trade.entity.ts';
import type { Table } from '../entities/table.ts';
import type { DatabaseOperationError } from '../errors/database-operation-error.ts';

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
  readonly read: Read;
  /** Loads files of rows: where the server allows it and the settings do, outside a transaction. */
  readonly load?: Load | undefined;
  /** How many more connections could be used at this moment without making anybody wait; none in a transaction. */
  freeConnections(): number;
}

/** The part of a session that reading takes. */
export type ReadSession = Pick<Session, 'tables' | 'read'>;

/** Everything as it was at one moment, on a connection that is held. */
export interface Snapshot {
  run<T>(work: (session: ReadSession) => Promise<T>): Promise<T>;
  /** Gives the connection back. */
  release(): Promise<void>;
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
  /** Is told of each attempt that has to be made again. */
  readonly onRetry?: (() => void) | undefined;
}

/** What takes rows for longer than one operation lasts. */
export interface OpenWriter {
  once(event: 'close', listener: () => void): unknown;
  /** Stores what it holds; a row that comes later makes it fail with the error. Never rejects. */
  settle(error: DatabaseOperationError): Promise<void>;
  /** Drops what it holds. */
  cutOff(error: DatabaseOperationError): void;
}

/** Does work that closing the instance waits for. */
export type Hold = (work: () => Promise<void>) => Promise<void>;

/**
 * Runs a repository's work: hands it a session, repeats it where that is safe and translates what it
 * throws. Outside a transaction each run stands for itself; inside one it is bound to it.
 */
export interface Runner {
  /** Several runs that are one operation: an instance that is closed meanwhile waits for all of them. */
  whole<T>(operation: string, work: () => Promise<T>): Promise<T>;
  run<T>(operation: string, options: RunOptions, work: (session: Session) => Promise<T>): Promise<T>;
  /** Opens a snapshot, which counts as under way until it is released. A transaction is a snapshot of its own. */
  snapshot(operation: string): Promise<Snapshot>;
  /**
   * Makes a writer and keeps an eye on it until it closes: what it holds is stored before the instance closes.
   *
   * @throws DatabaseOperationError where a writer cannot live: in a transaction, or when the instance is closed
   */
  open<W extends OpenWriter>(operation: string, make: (hold: Hold) => W): W;
}
