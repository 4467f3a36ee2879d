import type { Candle, RawPoint } from './rows.ts';

/** The columns a second write of the same key overwrites. */
export const OVERWRITTEN = [
  'end_time',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'trade_count',
  'closed',
  'updated_at',
] as const;

export const CANDLE_COLUMNS = ['exchange', 'symbol', 'timeframe', 'price_type', 'start_time', ...OVERWRITTEN] as const;

/** Columns that are null in all rows of the benchmark: nobody writes them, and who reads whole candles reads them too. */
export const NULL_COLUMNS = ['quote_volume', 'taker_buy_volume', 'taker_buy_quote_volume', 'open_interest'] as const;

export const RAW_COLUMNS = [
  'exchange',
  'symbol',
  'data_type',
  'timestamp',
  'source_id',
  'received_at',
  'raw_data',
] as const;

/** `open = values(open), …`, which both servers understand. */
export const OVERWRITE_SQL = OVERWRITTEN.map((column) => `\`${column}\` = values(\`${column}\`)`).join(', ');

/** The table's row under the table's names, for libraries that take those. */
export function candleRow(candle: Candle, updatedAt: Date) {
  return {
    exchange: candle.exchange,
    symbol: candle.symbol,
    timeframe: candle.timeframe as string,
    price_type: candle.priceType as string,
    start_time: candle.startTime,
    end_time: candle.endTime,
    open: candle.open,
    high: candle.high,
    low: candle.low,
    close: candle.close,
    volume: candle.volume,
    trade_count: candle.tradeCount,
    closed: candle.closed ? 1 : 0,
    updated_at: updatedAt,
  };
}

export type CandleRow = ReturnType<typeof candleRow>;

/** The same as a list of values in the order of `CANDLE_COLUMNS`. */
export function candleValues(candle: Candle, updatedAt: Date) {
  return [
    candle.exchange,
    candle.symbol,
    candle.timeframe,
    candle.priceType,
    candle.startTime,
    candle.endTime,
    candle.open,
    candle.high,
    candle.low,
    candle.close,
    candle.volume,
    candle.tradeCount,
    candle.closed ? 1 : 0,
    updatedAt,
  ];
}

export function rawRow(point: RawPoint) {
  return {
    exchange: point.exchange,
    symbol: point.symbol,
    data_type: point.dataType as string,
    timestamp: point.timestamp,
    source_id: point.sourceId,
    received_at: point.receivedAt,
    raw_data: point.rawData,
  };
}

export type RawRow = ReturnType<typeof rawRow>;

/** The same as a list of values in the order of `RAW_COLUMNS`. */
export function rawValues(point: RawPoint) {
  return [
    point.exchange,
    point.symbol,
    point.dataType,
    point.timestamp,
    point.sourceId,
    point.receivedAt,
    point.rawData,
  ];
}
