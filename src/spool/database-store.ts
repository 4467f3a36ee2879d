import type { Issue } from '../errors/issue.ts';
import type { TransactionOptions } from '../schemas/transaction-options.schema.ts';
import type { ForceUpdate } from '../schemas/write-options.schema.ts';
import type { BatchKind, SpoolKind, StoredBatch } from '../streams/writer-target.ts';
import { refusalOf } from './spool-errors.ts';
import type { SpoolStore } from './store-batch.ts';

const ROLL_BACK = Symbol('roll back');
const TABLES: Readonly<Record<SpoolKind, string>> = { candle: 'market_data', 'raw-trade': 'raw_trades' };

/** What stores the rows of one kind as their writer would have. */
interface Repository {
  storeSpooled(
    rows: readonly unknown[],
    signal: AbortSignal,
    forceUpdate: ForceUpdate,
  ): Promise<
    Omit<StoredBatch<unknown>, 'rejected'> & {
      readonly rejected: readonly { readonly index: number; readonly issues: readonly Issue[] }[];
    }
  >;
}

/** The repositories of an instance or of a transaction. */
interface Repositories {
  readonly marketData: Repository;
  readonly rawTrades: Repository;
}

interface Transaction extends Repositories {
  readonly sql: { query(text: string): Promise<unknown> };
  transaction<T>(work: (inner: Repositories) => Promise<T>): Promise<T>;
}

/** Stores spooled rows through the repositories whose writers spooled them. */
export function databaseStore(
  repositories: Repositories,
  runTransaction: <T>(work: (transaction: Transaction) => Promise<T>, options: TransactionOptions) => Promise<T>,
): Pick<SpoolStore, 'store' | 'transaction'> {
  return {
    store: (batchKind, rows, signal) => storeIn(repositories, batchKind, rows, signal),
    transaction: (kind, work, signal) =>
      runTransaction(
        async (transaction) => {
          // a table that was read cannot be altered until the end of the transaction
          await transaction.sql.query(`select 1 from ${TABLES[kind]} limit 1`);
          return work({
            store: (batchKind, rows) => transaction.transaction((inner) => storeIn(inner, batchKind, rows, signal)),
            accepts: (batchKind, row) => accepts(transaction, batchKind, row, signal),
          });
        },
        { isolationLevel: 'read committed', signal },
      ),
  };
}

async function storeIn(
  { marketData, rawTrades }: Repositories,
  { kind, forceUpdate }: BatchKind,
  rows: readonly unknown[],
  signal: AbortSignal,
): Promise<StoredBatch<unknown>> {
  const repository = kind === 'candle' ? marketData : rawTrades;
  const stored = await repository.storeSpooled(rows, signal, forceUpdate);
  const rejected = stored.rejected.map(({ index, issues }) => ({
    row: rows[index],
    // a refused row is kept by itself, where its place in the batch would say nothing
    issues: issues.map((issue) => ({ ...issue, path: issue.path.replace(/^\[\d+\]\.?/, '') })),
  }));
  return { ...stored, rejected };
}

async function accepts(
  transaction: Transaction,
  batchKind: BatchKind,
  row: unknown,
  signal: AbortSignal,
): Promise<boolean> {
  let accepted = false;
  try {
    await transaction.transaction(async (inner) => {
      accepted = (await storeIn(inner, batchKind, [row], signal)).rejected.length === 0;
      throw ROLL_BACK;
    });
  } catch (error) {
    if (error !== ROLL_BACK && refusalOf(error) === undefined) {
      throw error;
    }
  }
  return accepted;
}
