import type { Turn } from '../async/turns.ts';
import { quote } from '../databases/dialect.ts';
import type { RawTrade } from '../entities/raw-trade.entity.ts';
import type { Table } from '../entities/table.ts';
import type { Session } from '../executor/session.ts';
import type { StreamNames } from './read/stored-rows.ts';
import { type Condition, countRows, deleteRows, where } from './statements.ts';

/** What a clean-up found and did. */
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

/** How a clean-up gets at the database: each call is a session of its own, so that no lock is held for long. @internal */
export interface CleanupSteps {
  readonly read: <T>(work: (session: Session) => Promise<T>) => Promise<T>;
  readonly remove: (work: (session: Session) => Promise<number>) => Promise<number>;
  readonly turn: Turn | undefined;
}

const STREAM_NAMES = ['exchange', 'symbol', 'dataType'] as const;

/** Removes, or in a dry run counts, raw trades older than a time: stream by stream, so that the key serves each. @internal */
export async function cleanUpRawTrades(
  { read, remove, turn }: CleanupSteps,
  { olderThan, dryRun = false, ...names }: CleanupSelection,
): Promise<CleanupResult> {
  let matched = 0;
  for (const stream of await read(readStreams)) {
    if (STREAM_NAMES.every((name) => names[name] === undefined || names[name] === stream[name])) {
      const older = (table: Table<RawTrade>) => conditionOlder(table, stream, olderThan);
      matched += await (dryRun
        ? read(({ tables: { rawTrades }, execute }) => countRows(execute, rawTrades, older(rawTrades)))
        : deleteRows(remove, ({ tables }) => tables.rawTrades, older, turn));
    }
  }
  return { matched, deleted: dryRun ? 0 : matched, dryRun };
}

/** The prefixes of the key that occur. Servers find them by skipping through the key, so it costs by streams. */
async function readStreams({ tables: { rawTrades }, execute }: Session): Promise<StreamNames[]> {
  const columns = STREAM_NAMES.map((property) => quote(rawTrades.column(property).name)).join(', ');
  const { rows } = await execute(`select distinct ${columns} from ${quote(rawTrades.name)}`);
  return rows.map((row) => {
    const [exchange, symbol, dataType] = STREAM_NAMES.map((property) => String(row[rawTrades.column(property).name]));
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
