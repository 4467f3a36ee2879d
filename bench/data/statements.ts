import type { CandleRange, RawRange, Series } from './ranges.ts';
import { CANDLE_COLUMNS, NULL_COLUMNS, RAW_COLUMNS } from './table-rows.ts';

/** The statements of the contenders with hand-written SQL. */
const list = (columns: readonly string[]) => columns.map((column) => `\`${column}\``).join(', ');

export const INSERT_CANDLES = `insert into market_data (${list(CANDLE_COLUMNS)}) values `;
export const INSERT_RAW = `insert into raw_trades (${list(RAW_COLUMNS)}) values `;

const WHOLE_CANDLE = list([...CANDLE_COLUMNS, ...NULL_COLUMNS]);
const OF_SERIES = 'where exchange = ? and symbol = ? and timeframe = ? and price_type = ?';
const OF_RANGE = `${OF_SERIES} and start_time >= ? and start_time < ? order by start_time`;

export const SELECT_RANGE = `select ${WHOLE_CANDLE} from market_data ${OF_RANGE}`;
export const SELECT_COLUMNS = `select start_time, open, high, low, close, volume from market_data ${OF_RANGE}`;
export const SELECT_LATEST = `select ${WHOLE_CANDLE} from market_data ${OF_SERIES} order by start_time desc limit 1`;
export const SELECT_RAW =
  `select ${list(RAW_COLUMNS)} from raw_trades where exchange = ? and symbol = ? and data_type = ? ` +
  'and timestamp >= ? and timestamp < ? order by timestamp, source_id';

export function seriesParameters({ exchange, symbol, timeframe, priceType }: Series) {
  return [exchange, symbol, timeframe, priceType];
}

export function rangeParameters(range: CandleRange) {
  return [...seriesParameters(range), range.startTime, range.endTime];
}

export function rawParameters({ exchange, symbol, dataType, startTime, endTime }: RawRange) {
  return [exchange, symbol, dataType, startTime, endTime];
}
