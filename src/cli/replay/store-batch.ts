import type { CandleInput, DatabaseOperations, Transaction, WriteResult } from '../../index.ts';
import { describeIssues, type Problem } from '../problems.ts';
import type { DataMessage } from './data-message.ts';

type Rejection = Omit<Problem, 'file'>;

type CandleOutcome = Omit<WriteResult, 'rejected'> & { readonly rejected: readonly Rejection[] };

export interface BatchOutcome {
  readonly stored: number;
  readonly alreadyStored: number;
  readonly rejected: readonly Rejection[];
  readonly candles: CandleOutcome;
  /** Candle rows of rejected messages, which are not written either. */
  readonly rowsOfRejected: number;
  /** Candles of messages that were stored before were missing. */
  readonly candlesWereMissing: boolean;
}

/** Messages with candles, sorted by their outcome. */
interface Sorted {
  /** Stored now. */
  readonly fresh: DataMessage[];
  /** Stored by an earlier replay. */
  readonly known: DataMessage[];
  readonly rejected: { readonly message: DataMessage; readonly reason: string }[];
}

/**
 * Stores a batch of messages and their candles in one transaction, so that after a crash each stored message has its
 * candles stored too.
 *
 * A capture has many versions of a candle. Writing all of them again would reset the candle to its first version and
 * then bring it to its last one again, so only new messages write their candles. If a candle of a message that was
 * stored before is missing, `rewrite` makes this batch and later ones write all their candles again.
 */
export function storeBatch(
  db: DatabaseOperations,
  batch: readonly DataMessage[],
  rewrite: boolean,
): Promise<BatchOutcome> {
  const carriers = batch.filter(({ candles }) => candles.length > 0);
  const others = batch.filter(({ candles }) => candles.length === 0);
  return db.transaction(async (transaction) => {
    const plain = await transaction.rawTrades.insertMany(others.map(({ point }) => point));
    const { fresh, known, rejected } = await storeAndSort(transaction, carriers);
    const kept = rewrite || known.length === 0 ? undefined : await keepCandles(transaction, known);
    const again = kept ?? (await storeCandles(transaction, known));
    const added = await storeCandles(transaction, fresh);
    return {
      stored: plain.inserted + fresh.length,
      alreadyStored: plain.unchanged + known.length,
      rejected: [
        ...plain.rejected.map(({ index, issues }) => ({
          line: others[index]?.line ?? 0,
          reason: describeIssues(issues),
        })),
        ...rejected.map(({ message, reason }) => ({ line: message.line, reason })),
      ],
      candles: {
        inserted: again.inserted + added.inserted,
        updated: again.updated + added.updated,
        unchanged: again.unchanged + added.unchanged,
        rejected: [...again.rejected, ...added.rejected],
      },
      rowsOfRejected: rejected.reduce((rows, { message }) => rows + message.candles.length, 0),
      candlesWereMissing: known.length > 0 && kept === undefined && !rewrite,
    };
  });
}

/**
 * Stores messages, and finds out which of them were stored before. A batch is counted as a whole, which is enough if all
 * of it is new or none of it. Only the batch in which an earlier replay ended is mixed: it is rolled back and written
 * again message by message, so that each has its own outcome.
 */
async function storeAndSort(transaction: Transaction, messages: readonly DataMessage[]): Promise<Sorted> {
  const sorted: Sorted = { fresh: [], known: [], rejected: [] };
  if (messages.length === 0) {
    return sorted;
  }
  const whole = await tryInSavepoint(
    transaction,
    (inner) => inner.rawTrades.insertMany(messages.map(({ point }) => point)),
    ({ inserted, unchanged }) => inserted === 0 || unchanged === 0,
  );
  if (whole !== undefined) {
    sortInto(sorted, messages, whole);
    return sorted;
  }
  for (const message of messages) {
    sortInto(sorted, [message], await transaction.rawTrades.insertMany([message.point]));
  }
  return sorted;
}

function sortInto(sorted: Sorted, messages: readonly DataMessage[], result: WriteResult): void {
  const reasons = new Map(result.rejected.map(({ index, issues }) => [index, describeIssues(issues)]));
  for (const [index, message] of messages.entries()) {
    const reason = reasons.get(index);
    if (reason !== undefined) {
      sorted.rejected.push({ message, reason });
    } else {
      (result.inserted > 0 ? sorted.fresh : sorted.known).push(message);
    }
  }
}

/** Stores the candles of messages in order: the last version wins, but an open one never replaces a closed one. */
function storeCandles(transaction: Transaction, messages: readonly DataMessage[]): Promise<CandleOutcome> {
  return write(messages, (candles) => transaction.marketData.upsertCandles(candles, { forceUpdate: 'unless-closed' }));
}

/**
 * Checks the candles of messages that were stored before. As messages and candles are stored in one transaction, those
 * candles were stored too, maybe in a later version than these rows. They are kept; invalid rows are still reported.
 *
 * @returns `undefined` if one of the candles is missing, because somebody deleted it; then nothing is written
 */
function keepCandles(transaction: Transaction, messages: readonly DataMessage[]): Promise<CandleOutcome | undefined> {
  return tryInSavepoint(
    transaction,
    (inner) => write(messages, (candles) => inner.marketData.upsertCandles(candles)),
    ({ inserted }) => inserted === 0,
  );
}

async function write(
  messages: readonly DataMessage[],
  upsert: (candles: readonly CandleInput[]) => Promise<WriteResult>,
): Promise<CandleOutcome> {
  const candles: CandleInput[] = [];
  const lines: number[] = [];
  const rejected: Rejection[] = [];
  for (const { line, candles: rows } of messages) {
    for (const row of rows) {
      if ('fault' in row) {
        rejected.push({ line, reason: row.fault });
      } else {
        candles.push(row.candle);
        lines.push(line);
      }
    }
  }
  const result = await upsert(candles);
  for (const { index, issues } of result.rejected) {
    rejected.push({ line: lines[index] ?? 0, reason: describeIssues(issues) });
  }
  return { ...result, rejected };
}

const UNDO = Symbol('undo');

/** Works in a savepoint. If the outcome is not the expected one, rolls back to it and returns `undefined`. */
async function tryInSavepoint<T>(
  transaction: Transaction,
  work: (inner: Transaction) => Promise<T>,
  isExpected: (outcome: T) => boolean,
): Promise<T | undefined> {
  try {
    return await transaction.transaction(async (inner) => {
      const outcome = await work(inner);
      if (!isExpected(outcome)) {
        throw UNDO;
      }
      return outcome;
    });
  } catch (error) {
    if (error === UNDO) {
      return undefined;
    }
    throw error;
  }
}
