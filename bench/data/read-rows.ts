import type { Candle, RawPoint } from './rows.ts';

const CANDLE_COLUMNS = [
  'exchange',
  'symbol',
  'timeframe',
  'price_type',
  'start_time',
  'end_time',
  'open',
  'high',
  'low',
  'close',
  'volume',
  'trade_count',
  'closed',
];
const RAW_COLUMNS = ['exchange', 'symbol', 'data_type', 'timestamp', 'source_id', 'received_at', 'raw_data'];

type Cell = (column: string) => unknown;

/** Makes one of our candles of a contender's row, whatever its shape. */
export function asCandle(row: unknown): Candle {
  const cell = cellsOf(row, CANDLE_COLUMNS);
  return {
    exchange: textOf(cell('exchange')),
    symbol: textOf(cell('symbol')),
    timeframe: textOf(cell('timeframe')) as '1m',
    priceType: textOf(cell('price_type')) as 'trade',
    startTime: timeOf(cell('start_time')),
    endTime: timeOf(cell('end_time')),
    open: decimalOf(cell('open')),
    high: decimalOf(cell('high')),
    low: decimalOf(cell('low')),
    close: decimalOf(cell('close')),
    volume: decimalOf(cell('volume')),
    tradeCount: Number(textOf(cell('trade_count'))),
    closed: ['1', 'true'].includes(textOf(cell('closed'))),
  };
}

/** The same for a raw trade. */
export function asRawPoint(row: unknown): RawPoint {
  const cell = cellsOf(row, RAW_COLUMNS);
  return {
    exchange: textOf(cell('exchange')),
    symbol: textOf(cell('symbol')),
    dataType: textOf(cell('data_type')) as 'trade',
    timestamp: timeOf(cell('timestamp')),
    sourceId: textOf(cell('source_id')),
    receivedAt: timeOf(cell('received_at')),
    rawData: textOf(cell('raw_data')),
  };
}

// rows are arrays in the table's order, or objects by the columns' names in one of the two customs
function cellsOf(row: unknown, columns: readonly string[]): Cell {
  if (Array.isArray(row)) {
    return (column) => row[columns.indexOf(column)];
  }
  const object = row as Record<string, unknown>;
  return (column) => object[column] ?? object[column.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
}

function textOf(value: unknown): string {
  return String(value);
}

function timeOf(value: unknown): Date {
  return value instanceof Date ? value : new Date(`${textOf(value).replace(' ', 'T')}Z`);
}

// a number has already lost digits, and must not count as exact
function decimalOf(value: unknown): string {
  if (typeof value === 'number') {
    throw new Error('a decimal was read as a number');
  }
  return hasFixed(value) ? value.toFixed() : textOf(value);
}

function hasFixed(value: unknown): value is { toFixed(): string } {
  return typeof value === 'object' && value !== null && 'toFixed' in value;
}
