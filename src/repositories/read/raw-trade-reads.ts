import { quote } from '../../databases/dialect.ts';
import type { RawTrade } from '../../entities/raw-trade.entity.ts';
import type { Table } from '../../entities/table.ts';
import type { ReadSession } from '../../executor/session.ts';
import { type Condition, selectStatement, where } from '../statements.ts';
import { RAW_TRADE_PROPERTIES, rawTradeOf, type StoredRawTrade, type StreamNames } from './raw-trade-rows.ts';

/** Which raw trades of one data stream. */
export interface RawTradeSelection extends StreamNames {
  readonly startTime: Date;
  readonly endTime: Date;
  readonly limit?: number | undefined;
}

/** Reads raw trades of one data stream; those that come after one of them, where it is given. */
export async function readRawTrades(
  { tables: { rawTrades: table }, read }: ReadSession,
  selection: RawTradeSelection,
  after?: StoredRawTrade,
): Promise<StoredRawTrade[]> {
  const { sql, parameters } = selectStatement({
    table,
    properties: RAW_TRADE_PROPERTIES,
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

/** Many messages may have one timestamp; the range of the key begins there, and the rest is told by the id. */
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
