import { quote } from '../../databases/dialect.ts';
import type { Session } from '../../executor/session.ts';

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

/** Counts the raw trades of each data stream, with the first and last timestamp. It reads the whole key. @internal */
export async function readRawDataSeries({ tables: { rawTrades }, execute }: Session): Promise<RawDataSeries[]> {
  const [exchange, symbol, dataType, timestamp] = (['exchange', 'symbol', 'dataType', 'timestamp'] as const).map(
    (property) => quote(rawTrades.column(property).name),
  );
  const { rows } = await execute(
    `select ${exchange} as exchange, ${symbol} as symbol, ${dataType} as data_type, count(*) as count, ` +
      `min(${timestamp}) as oldest, max(${timestamp}) as newest from ${quote(rawTrades.name)} ` +
      `group by ${exchange}, ${symbol}, ${dataType} order by ${exchange}, ${symbol}, ${dataType}`,
  );
  const time = rawTrades.column('timestamp');
  return rows.map((row) => ({
    exchange: String(row['exchange']),
    symbol: String(row['symbol']),
    dataType: String(row['data_type']),
    count: Number(row['count']),
    oldest: time.decode(row['oldest']) as Date,
    newest: time.decode(row['newest']) as Date,
  }));
}

/** All data streams taken together. */
export function rawDataStatsOf(series: readonly RawDataSeries[]): RawDataStats {
  const times = series.flatMap(({ oldest, newest }) => [oldest.getTime(), newest.getTime()]);
  return {
    count: series.reduce((sum, { count }) => sum + count, 0),
    oldest: times.length === 0 ? null : new Date(times.reduce((a, b) => Math.min(a, b))),
    newest: times.length === 0 ? null : new Date(times.reduce((a, b) => Math.max(a, b))),
    series,
  };
}
