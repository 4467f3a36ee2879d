import { quote } from '../../databases/dialect.ts';
import type { Fields } from '../../databases/physical-connection.ts';
import type { RawTrade } from '../../entities/raw-trade.entity.ts';
import type { Table } from '../../entities/table.ts';
import type { ReadSession } from '../../executor/session.ts';
import { type Condition, selectStatement, where } from '../statements.ts';
import type { StoredRawTrade, StreamNames } from './stored-rows.ts';

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
  const { sql, parameters } = selectStatement({
    table,
    columns: PROPERTIES.map((property) => table.column(property)),
    condition: after === undefined ? conditionOf(table, selection) : conditionAfter(table, selection, after),
    limit: selection.limit,
  });
  const rawTrades: StoredRawTrade[] = [];
  await read(sql, parameters, (fields) => rawTrades.push(rawTradeOf(selection, fields)));
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
  const timestamp = table.column('timestamp');
  const sourceId = table.column('sourceId');
  return {
    text: `${text} and (${quote(timestamp.name)} > ? or ${quote(sourceId.name)} > ?)`,
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
