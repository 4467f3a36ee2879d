import { databaseTime } from './digest.ts';
import type { Candle, RawPoint } from './rows.ts';
import { CANDLE_COLUMNS, RAW_COLUMNS } from './table-rows.ts';

/** `replace` overwrites stored keys; without it a row of a stored key is left out. */
export function loadCandlesStatement(replace: boolean, table = 'market_data'): string {
  return `load data local infile 'candles' ${replace ? 'replace ' : ''}into table ${table} character set utf8mb4 (${CANDLE_COLUMNS.join(', ')})`;
}

export const LOAD_RAW = `load data local infile 'raw' into table raw_trades character set utf8mb4 (${RAW_COLUMNS.join(', ')})`;

/** A line in the format that LOAD DATA reads by default; no value of a benchmark's candle needs escaping. */
export function candleLine(candle: Candle, updatedAt: string): string {
  const { exchange, symbol, timeframe, priceType, open, high, low, close, volume, tradeCount } = candle;
  const start = databaseTime(candle.startTime);
  const end = databaseTime(candle.endTime);
  return `${exchange}\t${symbol}\t${timeframe}\t${priceType}\t${start}\t${end}\t${open}\t${high}\t${low}\t${close}\t${volume}\t${tradeCount}\t${candle.closed ? 1 : 0}\t${updatedAt}\n`;
}

export function rawLine(point: RawPoint): string {
  const { exchange, symbol, dataType, sourceId, rawData } = point;
  const text = rawData.replaceAll('\\', '\\\\');
  return `${exchange}\t${symbol}\t${dataType}\t${databaseTime(point.timestamp)}\t${sourceId}\t${databaseTime(point.receivedAt)}\t${text}\n`;
}
