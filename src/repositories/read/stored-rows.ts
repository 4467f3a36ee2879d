import type { CheckedCandle } from '../../schemas/candle.schema.ts';
import type { PriceType } from '../../text/price-type.ts';
import type { Timeframe } from '../../time/timeframe.ts';

/** A stored candle: times in UTC, prices and volume as exact decimal text in canonical form (`0.1`, not `0.10`). */
export interface Candle extends CheckedCandle {
  /** When the row last changed. */
  readonly updatedAt: Date;
}

/** The names of one series. A query gives them, so they are not read from its rows. */
export interface SeriesNames {
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly priceType: PriceType;
}

/** The fields of a candle that are exact decimals. */
type DecimalField = {
  [F in Exclude<keyof CheckedCandle, keyof SeriesNames>]: CheckedCandle[F] extends string | null ? F : never;
}[Exclude<keyof CheckedCandle, keyof SeriesNames>];

/**
 * Candles by column: the n-th number of each column belongs to the n-th candle. Prices, volumes and open interest are the
 * doubles nearest to the stored decimals, and `NaN` where the stored value is null. This is the only place where prices are doubles: good for
 * indicators and backtests, not for the exact amounts of an order.
 */
export interface CandleColumns extends Readonly<Record<DecimalField, Float64Array>> {
  /** How many candles. */
  readonly length: number;
  /** Start of the interval, in milliseconds since 1970 UTC. */
  readonly startTime: Float64Array;
}

/** A stored market data point. `rawData` is the text exactly as it was received. */
export interface StoredRawTrade {
  readonly exchange: string;
  readonly symbol: string;
  readonly dataType: string;
  readonly timestamp: Date;
  readonly sourceId: string;
  readonly receivedAt: Date;
  readonly rawData: string;
}

/** The names of one data stream. A query gives them, so they are not read from its rows. */
export type StreamNames = Pick<StoredRawTrade, 'exchange' | 'symbol' | 'dataType'>;

/** The stored raw trades of one exchange, symbol and data type. */
export interface RawDataSeries {
  readonly exchange: string;
  readonly symbol: string;
  readonly dataType: string;
  readonly count: number;
  readonly oldest: Date;
  readonly newest: Date;
}

/** The stored raw trades, counted exactly. */
export interface RawDataStats {
  readonly count: number;
  /** Earliest and latest timestamp; `null` where nothing is stored. */
  readonly oldest: Date | null;
  readonly newest: Date | null;
  /** By exchange, symbol and data type, in that order. */
  readonly series: readonly RawDataSeries[];
}
