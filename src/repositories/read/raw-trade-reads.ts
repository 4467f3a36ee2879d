import type { Fields } from '../../databases/physical-connection.ts';
import type { RawTrade } from '../../entities/raw-trade.entity.ts';
import type { Table } from '../../entities/table.ts';
import type { ReadSession, Session } from '../../executor/session.ts';
import { type Condition, readRows, where } from '../statements.ts';
import type { RawDataSeries, RawDataStats, StoredRawTrade, StreamNames } from './stored-rows.ts';

/** Which raw trades of one data stream. */
export interface RawTradeSelection extends StreamNames {
  readonly startTime: Date;
  readonly endTime: Date;
  readonly limit?: number | undefined;
}

/**
 * Reads raw trades of one data stream.
 *
 * @param after reads only those that come after this one
 */
export async function readRawTrades(
  { tables: { rawTrades: table }, read }: ReadSession,
  selection: RawTradeSelection,
  after?: StoredRawTrade,
): Promise<StoredRawTrade[]> {
  const condition = after === undefined ? conditionOf(table, selection) : conditionAfter(table, selection, after);
  const columns = PROPERTIES.map((property) => table.column[property]);
  const rawTrades: StoredRawTrade[] = [];
  await readRows(read, { table, columns, condition, limit: selection.limit }, (fields) => {
    rawTrades.push(rawTradeOf(selection, fields));
  });
  return rawTrades;
}

function conditionOf(table: Table<RawTrade>, selection: RawTradeSelection): Condition {
  return where(table, [
    ['exchange', '=', selection.exchange],
    ['symbol', '=', selection.symbol],
    ['dataType', '=', selection.dataType],
    ['timestamp', '>=', selection.startTime],
    ['timestamp', '<', selection.endTime],
  ]);
}

/** Several messages may share a timestamp: the range of the key begins there, and the source id decides among them. */
function conditionAfter(table: Table<RawTrade>, selection: RawTradeSelection, after: StoredRawTrade): Condition {
  const { text, parameters, fixed } = conditionOf(table, { ...selection, startTime: after.timestamp });
  const { timestamp, sourceId } = table.column;
  return {
    text: `${text} and (${timestamp.quoted} > ? or ${sourceId.quoted} > ?)`,
    parameters: [...parameters, timestamp.encode(after.timestamp), sourceId.encode(after.sourceId)],
    fixed,
  };
}

/** The columns that {@link rawTradeOf} reads, in its order. */
const PROPERTIES = ['timestamp', 'sourceId', 'receivedAt', 'rawData'] as const satisfies readonly (keyof RawTrade)[];

function rawTradeOf({ exchange, symbol, dataType }: StreamNames, fields: Fields): StoredRawTrade {
  return {
    exchange,
    symbol,
    dataType,
    timestamp: new Date(fields.instant()),
    sourceId: fields.text(),
    receivedAt: new Date(fields.instant()),
    rawData: fields.text(),
  };
}

/** Counts the raw trades of each data stream, with the first and last timestamp. It reads the whole key. @internal */
export async function readRawDataSeries({ tables: { rawTrades }, execute }: Session): Promise<RawDataSeries[]> {
  const { timestamp } = rawTrades.column;
  const names = (['exchange', 'symbol', 'dataType'] as const).map((property) => rawTrades.column[property].quoted);
  const [[exchange, symbol, dataType], key] = [names, names.join(', ')];
  const { rows } = await execute(
    `select ${exchange} as exchange, ${symbol} as symbol, ${dataType} as data_type, count(*) as count, ` +
      `min(${timestamp.quoted}) as oldest, max(${timestamp.quoted}) as newest from ${rawTrades.quoted} ` +
      `group by ${key} order by ${key}`,
  );
  return rows.map((row) => ({
    exchange: String(row['exchange']),
    symbol: String(row['symbol']),
    dataType: String(row['data_type']),
    count: Number(row['count']),
    oldest: timestamp.decode(row['oldest']) as Date,
    newest: timestamp.decode(row['newest']) as Date,
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
