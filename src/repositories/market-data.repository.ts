import { inTurns } from '../async/turns.ts';
import type { MarketData } from '../entities/market-data.entity.ts';
import type { Tries } from '../executor/executor.ts';
import { type CandleInput, type CheckedCandle, candleCheck } from '../schemas/candle.schema.ts';
import { accepted, type Check, parse } from '../schemas/parse.ts';
import {
  type CandleCountQuery,
  type CandleQuery,
  type CandleStreamQuery,
  candleCountQuerySchema,
  candleQuerySchema,
  candleRangeSchema,
  candleStreamSchema,
  type LatestCandleQuery,
  latestCandleQuerySchema,
  limitSchema,
  type Series,
  type TimeRange,
} from '../schemas/time-range.schema.ts';
import { type ForceUpdate, forceUpdateSchema, upsertOptionsSchema } from '../schemas/write-options.schema.ts';
import { candleWriterOptionsSchema, type WriterOptions } from '../schemas/writer-options.schema.ts';
import { RowWriter } from '../streams/row-writer.ts';
import type { StoredBatch } from '../streams/writer-target.ts';
import { BaseRepository, type RepositoryContext } from './base.repository.ts';
import { candleCondition, readCandles, readColumns } from './read/candle-reads.ts';
import type { Candle, CandleColumns } from './read/stored-rows.ts';
import { counted } from './said.ts';
import { countRows, deleteRows, where } from './statements.ts';
import { BatchWriter, type WritePlan } from './write/batch-writer.ts';
import { bytesOfCandle, distinctCandles, saidOfCandle } from './write/candle-batches.ts';
import type { UpsertCounts } from './write/upsert-statement.ts';
import { type Outcome, singleOutcome, type WriteResult } from './write/write-result.ts';

/** How a batch of candles is written. */
export interface UpsertCandlesOptions {
  /** @default false */
  readonly forceUpdate?: ForceUpdate | undefined;
  /** Stores all candles or none: one faulty candle refuses the batch. @default false */
  readonly atomic?: boolean | undefined;
}

/** How a writer of candles gathers, holds and writes them. */
export interface CandleWriterOptions extends WriterOptions {
  /** @default false */
  readonly forceUpdate?: ForceUpdate | undefined;
}

/** A Node Writable that stores candles: see `candleWriter()`. */
export type CandleWriter = RowWriter<CandleInput, CheckedCandle>;

const CANDLES: WritePlan<MarketData> = {
  tableOf: ({ tables }) => tables.marketData,
  rulesOf: (table) => ({ stamp: table.column('updatedAt').name, closing: table.column('closed').name }),
  loadable: true,
};

/** Candles: OHLCV over half-open intervals, one for each series and start time. */
export class MarketDataRepository extends BaseRepository {
  readonly #check: Check<CheckedCandle>;
  readonly #writer: BatchWriter<MarketData, CheckedCandle>;

  /** @param origin the same repository on another executor, whose parts it shares @internal */
  constructor(context: RepositoryContext, origin?: MarketDataRepository) {
    super('marketData', context);
    this.#check = origin === undefined ? candleCheck(context.defaultExchange) : origin.#check;
    this.#writer = origin === undefined ? new BatchWriter(CANDLES) : origin.#writer;
  }

  /**
   * Stores a candle.
   *
   * @example
   * ```ts
   * await db.marketData.upsertCandle({
   *   symbol: 'BTC-USDT', timeframe: '1m', startTime: '2024-01-01T00:00:00Z',
   *   open: '42000.1', high: '42010', low: '41990', close: '42005.5', volume: '12.5', closed: true,
   * }); // 'inserted'
   * ```
   *
   * @param forceUpdate what happens to a stored candle: kept (`false`, the default), overwritten (`true`),
   *   or overwritten except that an open candle never replaces a closed one (`'unless-closed'`)
   * @returns `'inserted'`, `'updated'`, or `'unchanged'` when the stored candle was kept or equal
   * @throws InvalidInputError when the candle is faulty; nothing is written
   */
  async upsertCandle(candle: CandleInput, forceUpdate: ForceUpdate = false): Promise<Outcome> {
    const operation = this.operation('upsertCandle');
    const force = parse(operation, forceUpdateSchema, forceUpdate) ?? false;
    const checked = accepted(operation, this.#check(candle));
    const outcome = singleOutcome(await this.#write('upsertCandle', [checked], force, false));
    this.wrote('upsertCandle', () => saidOfCandle(checked, outcome));
    return outcome;
  }

  /**
   * Stores many candles, in slices of up to some thousands, several at once. A faulty candle is reported with its index and
   * the others are stored. Of two candles with the same key the later one counts (with `'unless-closed'`,
   * the later closed one, where there is one). A batch may be written again at any time. The list and
   * its plain objects may be changed as soon as the call has returned; what they refer to, a `Date` or an object of a class, may not
   * until the batch is stored.
   *
   * @example
   * ```ts
   * const { inserted, rejected } = await db.marketData.upsertCandles(candles, { forceUpdate: 'unless-closed' });
   * ```
   *
   * @returns how many were inserted, updated and left unchanged, as the database counted them, and the
   *   rejected ones; together the length of the batch
   * @throws InvalidInputError when the batch is no array, or faulty and `atomic`; nothing is written
   */
  async upsertCandles(candles: readonly CandleInput[], options: UpsertCandlesOptions = {}): Promise<WriteResult> {
    const operation = this.operation('upsertCandles');
    const { forceUpdate = false, atomic = false } = parse(operation, upsertOptionsSchema, options);
    const checking = this.checkBatch(operation, this.#check, candles, atomic);
    const batch = checking instanceof Promise ? await checking : checking;
    return { ...(await this.#store('upsertCandles', batch.accepted, forceUpdate, atomic)), rejected: batch.rejected };
  }

  /**
   * Makes a Node Writable that stores candles: the way to record a market around the clock. Each candle is
   * checked as it is written; a batch is stored when enough have gathered or the first of them has waited
   * long enough. Batches are stored one after the other, so of two versions of a candle the later one
   * meets the earlier one stored. Making one opens no connection.
   *
   * A faulty candle is told by the event `'rejected'` and the others are stored. Where nobody listens for
   * it, the first faulty one makes the writer fail, so that none is dropped unseen. When a batch cannot be
   * stored, after the tries of the instance's `retry`, the writer fails; what it holds stays in `unwritten`.
   * With a `spool` it does not fail but keeps the rows on a local disk, for good, and stores them in their order
   * when the database takes them again, also after a crash; `flush()` and `'drain'` take that for stored, the
   * event `'spool'` tells of it. Rows that the database refuses although it takes others are set aside there, for
   * `retryRefused()` or `discardRefused()`. `destroy()` drops what is not stored yet, `end()` and `await using` store it first.
   *
   * @example
   * ```ts
   * const writer = db.marketData.candleWriter({ forceUpdate: 'unless-closed' });
   * writer.on('rejected', ({ row, issues }) => console.error('refused', row, issues));
   * await pipeline(source, writer); // or: if (!writer.write(candle)) await once(writer, 'drain');
   * ```
   *
   * @throws InvalidInputError when an option is faulty, and in a transaction, which a writer would outlive:
   *   there, use `upsertCandles()`
   * @throws DatabaseOperationError of kind `closed` when the instance is closed
   */
  candleWriter(options: CandleWriterOptions = {}): CandleWriter {
    const { forceUpdate = false, ...settings } = parse(
      this.operation('candleWriter'),
      candleWriterOptionsSchema,
      options,
    );
    return this.open('candleWriter', (operation, { track, spool }) => {
      const store = async (candles: readonly CheckedCandle[], onRetry: () => void) => ({
        ...(await this.#store('candleWriter', candles, forceUpdate, false, { onRetry })),
        rejected: [],
      });
      const batchKind = { kind: 'candle', forceUpdate } as const;
      const target = { operation, batchKind, check: this.#check, bytesOf: bytesOfCandle, store, track };
      return new RowWriter(target, settings, settings.spool && spool(settings.spool));
    });
  }

  /** Stores candles that a writer has spooled, as that writer would have. @internal */
  async storeSpooled(
    candles: readonly unknown[],
    forceUpdate: ForceUpdate,
    signal: AbortSignal,
  ): Promise<StoredBatch<unknown>> {
    const batch = await this.checkBatch(this.operation('candleWriter'), this.#check, candles);
    const counts = await this.#store('candleWriter', batch.accepted, forceUpdate, false, { signal });
    return { ...counts, rejected: batch.rejected.map(({ index, issues }) => ({ row: candles[index], issues })) };
  }

  /**
   * Reads the candles that start in [startTime, endTime), by start time. With a `limit` either end of the range may
   * be left open, or both.
   *
   * @example
   * ```ts
   * const day = await db.marketData.getCandles({
   *   symbol: 'BTC-USDT', timeframe: '1m', startTime: '2024-01-01T00:00:00Z', endTime: '2024-01-02T00:00:00Z',
   * });
   * const first = await db.marketData.getCandles({ symbol: 'BTC-USDT', timeframe: '1m', limit: 500 }); // the oldest
   * ```
   *
   * @throws InvalidInputError when the query is faulty
   */
  async getCandles(query: CandleQuery): Promise<Candle[]> {
    const selection = this.#select(parse(this.operation('getCandles'), candleQuerySchema, query));
    return this.read('getCandles', (session) => readCandles(session, selection));
  }

  /**
   * Reads the candles that start in [startTime, endTime), by start time, as columns of doubles: for
   * indicators and backtests, where a million candles are to be there in a second. Exact decimals are what
   * `getCandles` gives.
   *
   * @example
   * ```ts
   * const { length, startTime, close } = await db.marketData.getCandleColumns({
   *   symbol: 'BTC-USDT', timeframe: '1m', startTime: '2024-01-01T00:00:00Z', endTime: '2025-01-01T00:00:00Z',
   * });
   * ```
   *
   * @returns the columns, each a `Float64Array` of `length` numbers, times in milliseconds since 1970 UTC and
   *   decimals as the doubles nearest to them
   * @throws InvalidInputError when the query is faulty
   */
  async getCandleColumns(query: CandleQuery): Promise<CandleColumns> {
    const selection = this.#select(parse(this.operation('getCandleColumns'), candleQuerySchema, query));
    return this.read('getCandleColumns', (session) => readColumns(session, selection));
  }

  /**
   * Streams the candles that start in [startTime, endTime), by start time, in bounded memory however many
   * there are: while the loop works on one page, the next one is read. Nothing is held before the first
   * candle is asked for, and leaving the loop frees all that is held.
   *
   * With `mode: 'pages'` no connection is held while the loop works. Each page is read by itself, so a lost
   * connection is survived, and a candle that is changed meanwhile comes as it is when its page is read.
   * When the instance is closed meanwhile, the next page fails with the kind `closed`.
   *
   * With `mode: 'snapshot'` all candles are as they were when the first one was asked for. One connection is
   * held until the end, which closing the instance waits for; when it is lost, the stream fails with the
   * kind `connection`. A database in memory has no other connection, so whatever else is asked of it waits
   * for the end of the stream.
   *
   * In a transaction, in either mode, the candles are what the transaction sees, its own writes included,
   * and its other statements may be made inside the loop.
   *
   * An abort ends the stream at once. It does not wait for the page that is being read, whose connection
   * is free again when that has ended.
   *
   * @example
   * ```ts
   * for await (const candle of db.marketData.streamCandles({ symbol: 'BTC-USDT', timeframe: '1m', startTime, endTime })) {
   *   strategy.onCandle(candle);
   * }
   * ```
   *
   * @throws InvalidInputError at once when the query is faulty; while it runs what `getCandles` throws, and
   *   the signal's reason when it is aborted
   */
  streamCandles(query: CandleStreamQuery): AsyncGenerator<Candle, void, undefined> {
    const { mode, ...checked } = parse(this.operation('streamCandles'), candleStreamSchema, query);
    const selection = this.#select(checked);
    return this.stream('streamCandles', { mode, ...checked }, (session, after, limit) =>
      readCandles(session, { ...selection, limit }, after),
    );
  }

  /**
   * Reads the candle of a series that starts last, or `null` when there is none.
   *
   * @example const last = await db.marketData.getLatestCandle({ symbol: 'BTC-USDT', timeframe: '1m', closedOnly: true });
   * @throws InvalidInputError when the query is faulty
   */
  async getLatestCandle(query: LatestCandleQuery): Promise<Candle | null> {
    const checked = parse(this.operation('getLatestCandle'), latestCandleQuerySchema, query);
    const selection = this.#select({ ...checked, order: 'desc' as const, limit: 1 });
    return this.read('getLatestCandle', async (session) => (await readCandles(session, selection))[0] ?? null);
  }

  /**
   * Reads the candles of a series that start last, in ascending order, as a chart or an indicator takes them.
   *
   * @example const hour = await db.marketData.getLatestCandles({ symbol: 'BTC-USDT', timeframe: '1m' }, 60);
   * @param n how many at most, 1 or more
   * @throws InvalidInputError when the query is faulty
   */
  async getLatestCandles(query: LatestCandleQuery, n: number): Promise<Candle[]> {
    const operation = this.operation('getLatestCandles');
    const checked = parse(operation, latestCandleQuerySchema, query);
    const limit = parse(operation, limitSchema, n);
    const selection = this.#select({ ...checked, order: 'desc' as const, limit });
    return this.read('getLatestCandles', async (session) => (await readCandles(session, selection)).reverse());
  }

  /**
   * Counts candles exactly: those that meet every condition of the query, or without a query all that are
   * stored, of every exchange.
   *
   * @example await db.marketData.countCandles({ symbol: 'BTC-USDT', timeframe: '1m' });
   * @throws InvalidInputError when the query is faulty
   */
  async countCandles(query?: CandleCountQuery): Promise<number> {
    const checked =
      query === undefined ? undefined : parse(this.operation('countCandles'), candleCountQuerySchema, query);
    return this.read('countCandles', ({ tables, execute }) => {
      const table = tables.marketData;
      const condition = checked === undefined ? where(table, []) : candleCondition(table, this.#select(checked));
      return countRows(execute, table, condition);
    });
  }

  /**
   * Deletes the candles that start in [startTime, endTime), some thousands at a time.
   *
   * @example await db.marketData.deleteCandles({ symbol: 'BTC-USDT', timeframe: '1m', startTime: 0, endTime: '2020-01-01T00:00:00Z' });
   * @returns how many were deleted
   * @throws InvalidInputError when the range is faulty; nothing is deleted
   */
  async deleteCandles(range: Series & TimeRange): Promise<number> {
    const checked = parse(this.operation('deleteCandles'), candleRangeSchema, range);
    const deleted = await this.whole('deleteCandles', () =>
      deleteRows(
        (work) => this.run('deleteCandles', { idempotent: false }, work),
        ({ tables }) => tables.marketData,
        (table) => candleCondition(table, this.#select(checked)),
        this.turn,
      ),
    );
    this.wrote('deleteCandles', () => `deleted ${deleted} candles`);
    return deleted;
  }

  /** Stores checked candles, those that another of the batch replaces left out. */
  async #store(
    method: string,
    candles: readonly CheckedCandle[],
    forceUpdate: ForceUpdate,
    atomic: boolean,
    tries: Tries = {},
  ): Promise<UpsertCounts> {
    const sorting = inTurns(distinctCandles(candles, forceUpdate), this.turn);
    const rows = sorting instanceof Promise ? await sorting : sorting;
    const counts = await this.#write(method, rows, forceUpdate, atomic, tries);
    const stored = { ...counts, unchanged: counts.unchanged + candles.length - rows.length };
    this.wrote(method, () => counted(candles.length, 'candles', stored));
    return stored;
  }

  #write(
    method: string,
    candles: readonly CheckedCandle[],
    forceUpdate: ForceUpdate,
    atomic: boolean,
    tries: Tries = {},
  ) {
    const same = { updatedAt: new Date() };
    return this.whole(method, () =>
      this.#writer.write((options, work) => this.run(method, { ...options, ...tries }, work), candles, {
        forceUpdate,
        same,
        atomic,
        turn: this.turn,
      }),
    );
  }

  #select<T extends { readonly exchange?: string | undefined }>(query: T): T & { readonly exchange: string } {
    return { ...query, exchange: query.exchange ?? this.defaultExchange() };
  }
}
