import type { Repositories } from '../operations/repositories.ts';
import type { Transaction } from '../operations/transaction-executor.ts';
import type { TransactionOptions } from '../schemas/transaction-options.schema.ts';
import type { StoredBatch } from '../streams/writer-target.ts';
import { refusalOf } from './spool-errors.ts';
import type { BatchKind, SpoolKind } from './spooled-batch.ts';
import type { SpoolStore } from './store-batch.ts';

const UNDO = Symbol('undo');
const TABLES: Readonly<Record<SpoolKind, string>> = { candle: 'market_data', 'raw-trade': 'raw_trades' };

/** Stores spooled rows by the repositories they came through: one batch, or a trial in a transaction. */
export function spoolStore(
  repositories: Repositories,
  transact: <T>(work: (transaction: Transaction) => Promise<T>, options: TransactionOptions) => Promise<T>,
): SpoolStore {
  return {
    store: (batchKind, rows, signal) => storeIn(repositories, batchKind, rows, signal),
    try: (kind, work, signal) =>
      transact(
        async (transaction) => {
          // whoever has read a table keeps it as it is until the end of the transaction
          await transaction.sql.query(`select 1 from ${TABLES[kind]} limit 1`);
          const store = (batchKind: BatchKind, rows: readonly unknown[]): Promise<StoredBatch<unknown>> =>
            transaction.transaction((inner) => storeIn(inner, batchKind, rows, signal));
          return work({ store, takes: (batchKind, row) => takes(transaction, batchKind, row, signal) });
        },
        { isolationLevel: 'read committed', signal },
      ),
  };
}

function storeIn(
  { marketData, rawTrades }: Repositories,
  { kind, forceUpdate }: BatchKind,
  rows: readonly unknown[],
  signal: AbortSignal,
): Promise<StoredBatch<unknown>> {
  return kind === 'candle' ? marketData.storeSpooled(rows, forceUpdate, signal) : rawTrades.storeSpooled(rows, signal);
}

async function takes(
  transaction: Transaction,
  batchKind: BatchKind,
  row: unknown,
  signal: AbortSignal,
): Promise<boolean> {
  let taken = false;
  try {
    await transaction.transaction(async (inner) => {
      taken = (await storeIn(inner, batchKind, [row], signal)).rejected.length === 0;
      throw UNDO;
    });
  } catch (error) {
    if (error !== UNDO && refusalOf(error) === undefined) {
      throw error;
    }
  }
  return taken;
}
