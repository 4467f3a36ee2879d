import type { Fields } from '../../databases/physical-connection.ts';
import type { MarketData } from '../../entities/market-data.entity.ts';
import type { CheckedCandle } from '../../schemas/candle.schema.ts';
import type { Timeframe } from '../../time/timeframe.ts';

/** A stored candle: times in UTC, prices and volume as exact decimal text in canonical form (`0.1`, not `0.10`). */
export interface Candle extends CheckedCandle {
  /** When the row last changed. */
  readonly updatedAt: Date;
}

/** The series that a query names. */
export interface SeriesNames {
  readonly exchange: string;
  readonly symbol: string;
  readonly timeframe: Timeframe;
}

/** What is read of a candle whose series is known, in the order in which {@link candleOf} reads it. */
export const CANDLE_PROPERTIES = [
  'startTime',
  'endTime',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'tradeCount',
  'closed',
  'updatedAt',
] as const satisfies readonly (keyof MarketData)[];

/** Makes a candle of a row, without detours. @internal */
export function candleOf({ exchange, symbol, timeframe }: SeriesNames, fields: Fields): Candle {
  return {
    exchange,
    symbol,
    timeframe,
    startTime: new Date(fields.instant()),
    endTime: new Date(fields.instant()),
    open: fields.decimal(),
    high: fields.decimal(),
    low: fields.decimal(),
    close: fields.decimal(),
    volume: fields.decimal(),
    tradeCount: fields.integer(),
    closed: fields.integer() === 1,
    updatedAt: new Date(fields.instant()),
  };
}
