import type { CandleRange, RawRange, Series } from './data/ranges.ts';
import type { Candle, RawPoint } from './data/rows.ts';

/** The server a contender connects to. */
export interface Target {
  readonly dialect: 'mysql' | 'mariadb';
  /** `mysql://…` or `mariadb://…`, with the database. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

/** A series' candles as columns: what a backtest works on. */
export interface Columns {
  readonly startTime: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/**
 * One way to store and read candles. Every method does what its library's documentation recommends, on one
 * connection; what a library cannot do is left out. Rows come back in the shape that the library
 * gives them: times as `Date` or UTC text, decimals as text of every digit.
 */
export interface Contender {
  /** Stores the candles and overwrites those whose key is stored. */
  upsertBatch?(candles: readonly Candle[]): Promise<unknown>;
  upsertOne?(candle: Candle): Promise<unknown>;
  /** Every column of the range's candles, by start time. */
  readRange?(range: CandleRange): Promise<readonly unknown[]>;
  latest?(series: Series): Promise<unknown>;
  /** The same as `readRange`, row by row, without holding them all. */
  stream?(range: CandleRange): AsyncIterable<unknown>;
  /** Typed arrays; a ceiling may return the driver's rows of these columns as they are. */
  readColumns?(range: CandleRange): Promise<Columns | readonly unknown[][]>;
  /** Stores points whose keys are new. */
  insertRaw?(points: readonly RawPoint[]): Promise<unknown>;
  readRaw?(range: RawRange): Promise<readonly unknown[]>;
  close(): Promise<unknown>;
}

/** What each file of `contenders/` exports as `open`. */
export type OpenContender = (target: Target) => Promise<Contender>;
