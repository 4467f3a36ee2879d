import type { RawTrade } from '../entities/raw-trade.entity.ts';
import type { Table } from '../entities/table.ts';
import type { Executor } from '../executor/executor.ts';
import type { Session } from '../executor/session.ts';
import type { StreamNames } from './read/stored-rows.ts';
import { type Condition, countRows, deleteRows, where } from './statements.ts';

/** The result of a clean-up. */
export interface CleanupResult {
  /** Rows older than asked. */
  readonly matched: number;
  /** Rows removed: `matched`, or 0 in a dry run. */
  readonly deleted: number;
  readonly dryRun: boolean;
}

/** Which raw trades a clean-up removes. @internal */
export interface CleanupSelection {
  readonly olderThan: Date;
  readonly exchange?: string | undefined;
  readonly symbol?: string | undefined;
  readonly dataType?: string | undefined;
  readonly dryRun?: boolean | undefined;
}

const STREAM_NAMES = ['exchange', 'symbol', 'dataType'] as const;

/**
 * Removes raw trades older than a time, or counts them in a dry run: stream by stream, so that the index of the key is
 * used for each. @internal
 */
export async function cleanUpRawTrades(
  executor: Executor,
  operation: string,
  { olderThan, dryRun = false, ...names }: CleanupSelection,
): Promise<CleanupResult> {
  let matched = 0;
  for (const stream of await executor.run(operation, { idempotent: true }, readStreams)) {
    if (STREAM_NAMES.every((name) => names[name] === undefined || names[name] === stream[name])) {
      const older = (table: Table<RawTrade>) => conditionOlder(table, stream, olderThan);
      matched += await (dryRun
        ? executor.run(operation, { idempotent: true }, ({ tables: { rawTrades }, execute }) =>
            countRows(execute, rawTrades, older(rawTrades)),
          )
        : deleteRows(executor, operation, ({ rawTrades }) => rawTrades, older));
    }
  }
  return { matched, deleted: dryRun ? 0 : matched, dryRun };
}

/** The stored data streams. Servers skip through the key to find them, so the cost is that of the streams, not of the rows. */
async function readStreams({ tables: { rawTrades }, execute }: Session): Promise<StreamNames[]> {
  const columns = STREAM_NAMES.map((property) => rawTrades.column[property].quoted).join(', ');
  const { rows } = await execute(`select distinct ${columns} from ${rawTrades.quoted}`);
  return rows.map((row) => {
    const [exchange, symbol, dataType] = STREAM_NAMES.map((property) => String(row[rawTrades.column[property].name]));
    return { exchange: exchange as string, symbol: symbol as string, dataType: dataType as string };
  });
}

function conditionOlder(table: Table<RawTrade>, { exchange, symbol, dataType }: StreamNames, time: Date): Condition {
  return where(table, [
    ['exchange', '=', exchange],
    ['symbol', '=', symbol],
    ['dataType', '=', dataType],
    ['timestamp', '<', time],
  ]);
}
