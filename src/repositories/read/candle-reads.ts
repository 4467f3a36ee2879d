import type { MarketData } from '../../entities/market-data.entity.ts';
import type { Table } from '../../entities/table.ts';
import type { ReadSession } from '../../executor/session.ts';
import { type Timeframe, timeframeMs } from '../../time/timeframe.ts';
import { type Condition, selectStatement, where } from '../statements.ts';
import { type CandleColumns, COLUMN_PROPERTIES, ColumnsBuilder } from './candle-columns.ts';
import { CANDLE_PROPERTIES, type Candle, candleOf, type SeriesNames } from './candle-rows.ts';

const SHORTEST_MONTH_MS = 28 * 86_400_000;
const UNKNOWN_RANGE_CANDLES = 4_096;

/** Which candles, by any part of the key. */
export interface CandleSelection {
  readonly exchange: string;
  readonly symbol?: string | undefined;
  readonly timeframe?: Timeframe | undefined;
  readonly startTime?: Date | undefined;
  readonly endTime?: Date | undefined;
  readonly closedOnly?: boolean | undefined;
}

/** Which candles of one series, and in which order. */
export interface SeriesSelection extends CandleSelection, SeriesNames {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly order?: 'asc' | 'desc' | undefined;
  readonly limit?: number | undefined;
}

/** The condition that selects candles: that of the key first, so that the key serves it. */
export function candleCondition(table: Table<MarketData>, selection: CandleSelection): Condition {
  return where(table, [
    ['exchange', '=', selection.exchange],
    ['symbol', '=', selection.symbol],
    ['timeframe', '=', selection.timeframe],
    ['startTime', '>=', selection.startTime],
    ['startTime', '<', selection.endTime],
    ['closed', '=', selection.closedOnly === true ? true : undefined],
  ]);
}

/** Reads candles of one series; those that come after one of them, where it is given. */
export async function readCandles(
  { tables: { marketData: table }, read }: ReadSession,
  selection: SeriesSelection,
  after?: Candle,
): Promise<Candle[]> {
  const { order, limit } = selection;
  const { sql, parameters } = selectStatement({
    table,
    properties: CANDLE_PROPERTIES,
    condition: candleCondition(table, after === undefined ? selection : rest(selection, after)),
    order,
    limit,
  });
  const candles: Candle[] = [];
  await read(sql, parameters, (fields) => candles.push(candleOf(selection, fields)));
  return candles;
}

/** Reads candles of one series as columns. */
export async function readColumns(
  { tables: { marketData: table }, read }: ReadSession,
  selection: SeriesSelection,
): Promise<CandleColumns> {
  const { sql, parameters } = selectStatement({
    table,
    properties: COLUMN_PROPERTIES,
    condition: candleCondition(table, selection),
    order: selection.order,
    limit: selection.limit,
  });
  const columns = new ColumnsBuilder(mostCandles(selection));
  await read(sql, parameters, (fields) => columns.add(fields));
  return columns.build();
}

/** How many candles a selection holds at most, as far as that is known. */
function mostCandles({ startTime, endTime, timeframe, limit = Number.POSITIVE_INFINITY }: SeriesSelection): number {
  if (startTime === undefined || endTime === undefined) {
    return Math.min(limit, UNKNOWN_RANGE_CANDLES);
  }
  const rangeMs = endTime.getTime() - startTime.getTime();
  return Math.min(limit, Math.ceil(rangeMs / (timeframeMs(timeframe) ?? SHORTEST_MONTH_MS)));
}

/** What is left of a selection after a candle. Times are whole milliseconds. */
function rest(selection: SeriesSelection, { startTime }: Candle): SeriesSelection {
  return selection.order === 'desc'
    ? { ...selection, endTime: startTime }
    : { ...selection, startTime: new Date(startTime.getTime() + 1) };
}
