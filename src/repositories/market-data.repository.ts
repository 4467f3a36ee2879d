import type { MarketData } from '../entities/market-data.entity.ts';
import type { Executor, WriterHost } from '../executor/executor.ts';
import { type CandleInput, type CheckedCandle, candleCheck } from '../schemas/candle.schema.ts';
import { accepted, parse } from '../schemas/parse.ts';
import type { DefaultExchange } from '../schemas/primitives.ts';
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
import type { RowWriter } from '../streams/row-writer.ts';
import { DEFAULT_PRICE_TYPE } from '../text/price-type.ts';
import { printableName } from '../text/printable.ts';
import { candleCondition, readCandles, readColumns } from './read/candle-reads.ts';
import type { Candle, CandleColumns } from './read/stored-rows.ts';
import { streamRows } from './read/stream-rows.ts';
import type { RepositoryContext } from './repository-context.ts';
import { countRows, deleteRows, where } from './statements.ts';
import { BatchWriter, type WritePlan } from './write/batch-writer.ts';
import { compareNames } from './write/dedupe-by-key.ts';
import type { Outcome, WriteResult } from './write/write-result.ts';

const BYTES_PER_CANDLE = 160;

const READ = { idempotent: true } as const;

/** How a batch of candles is written. */
export interface UpsertCandlesOptions {
  /** @default false */
  readonly forceUpdate?: ForceUpdate | undefined;
  /** Stores all candles or none: one invalid candle refuses the batch. @default false */
  readonly atomic?: boolean | undefined;
}

/** How a writer of candles gathers, holds and writes them. */
export interface CandleWriterOptions extends WriterOptions, Pick<UpsertCandlesOptions, 'forceUpdate'> {}

/** A Node Writable that stores candles: see `candleWriter()`. */
export type CandleWriter = RowWriter<CandleInput, CheckedCandle>;

const CANDLES: WritePlan<MarketData, CheckedCandle> = {
  rowName: 'candle',
  describe: ({ symbol, timeframe, priceType, startTime }) => {
    const prices = priceType === DEFAULT_PRICE_TYPE ? '' : ` ${priceType}`;
    return `${printableName(symbol)} ${timeframe}${prices} ${startTime.toISOString()}`;
  },
  table: ({ marketData }) => marketData,
  stamp: 'updatedAt',
  closing: 'closed',
  compare: (a, b) =>
    compareNames(a.exchange, b.exchange) ||
    compareNames(a.symbol, b.symbol) ||
    compareNames(a.timeframe, b.timeframe) ||
    compareNames(a.priceType, b.priceType) ||
    a.startTime.getTime() - b.startTime.getTime(),
  replaces: (next, previous, forceUpdate) => forceUpdate !== 'unless-closed' || next.closed || !previous.closed,
  loadable: true,
};

/** Candles: OHLCV over half-open intervals, one for each series and start time. A series has one type of prices. */
export class MarketDataRepository {
  readonly #executor: Executor;
  readonly #writers: WriterHost;
  readonly #defaultExchange: DefaultExchange;
  readonly #writer: BatchWriter<MarketData, CheckedCandle>;

  /** @param origin the same repository on another executor, whose parts it shares @internal */
  constructor({ executor, writers, defaultExchange }: RepositoryContext, origin?: MarketDataRepository) {
    this.#executor = executor;
    this.#writers = writers;
    this.#defaultExchange = defaultExchange;
    this.#writer = origin === undefined ? new BatchWriter(CANDLES, candleCheck(defaultExchange)) : origin.#writer;
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
   * @param forceUpdate what happens to a stored candle: it is kept (`false`, the default), overwritten (`true`), or
   *   overwritten except that an open candle never replaces a closed one (`'unless-closed'`)
   * @returns `'inserted'`, `'updated'`, or `'unchanged'` when the stored candle was kept or equal
   * @throws InvalidInputError when the candle is invalid; nothing is written
   */
  async upsertCandle(candle: CandleInput, forceUpdate: ForceUpdate = false): Promise<Outcome> {
    const operation = 'marketData.upsertCandle';
    const force = parse(operation, forceUpdateSchema, forceUpdate) ?? false;
    return this.#writer.writeRow(this.#executor, operation, accepted(operation, this.#writer.check(candle)), force);
  }

  /**
   * Stores many candles, in slices of up to some thousands, several at a time. An invalid candle is reported with its
   * index and the others are stored. If a key occurs twice, the last candle wins (with `'unless-closed'`, the last closed
   * one where there is one). A batch may be written again at any time.
   *
   * The list and its plain objects may be changed once the call has returned. A `Date` or an object of a class in it must
   * stay as it is until the batch is stored.
   *
   * @example
   * ```ts
   * const { inserted, rejected } = await db.marketData.upsertCandles(candles, { forceUpdate: 'unless-closed' });
   * ```
   *
   * @returns how many candles were inserted, updated and left unchanged, as the database counted them, and the rejected
   *   ones; together the length of the batch
   * @throws InvalidInputError when the batch is not an array, or has an invalid candle and is `atomic`; nothing is written
   */
  async upsertCandles(candles: readonly CandleInput[], options: UpsertCandlesOptions = {}): Promise<WriteResult> {
    const operation = 'marketData.upsertCandles';
    const { forceUpdate = false, atomic = false } = parse(operation, upsertOptionsSchema, options);
    return this.#writer.checkAndWrite(this.#executor, operation, candles, { forceUpdate, atomic });
  }

  /**
   * Makes a Node Writable that stores candles: the way to record a market around the clock. Each candle is checked when
   * it is written. A batch is stored when enough candles have gathered, or when the first of them has waited long enough.
   * Batches are stored one after the other, so a later version of a candle always comes after an earlier one. Making a
   * writer opens no connection.
   *
   * An invalid candle is reported by the event `'rejected'` and the others are stored. Without a listener the first
   * invalid candle makes the writer fail, so that none is dropped unnoticed. When a batch cannot be stored within the
   * budgets of `retry`, the writer fails; the rows that it holds stay in `unwritten`. `destroy()` drops what is not
   * stored yet; `end()` and `await using` store it first.
   *
   * With a `spool` the writer does not fail. It keeps the rows on a local disk and stores them in their order when the
   * database takes them again, also after a crash. `flush()` and `'drain'` count spooled rows as stored; the event
   * `'spool'` reports them. Rows that the database refuses while it takes others are set aside in the spool, for
   * `retryRefused()` or `discardRefused()`.
   *
   * @example
   * ```ts
   * const writer = db.marketData.candleWriter({ forceUpdate: 'unless-closed' });
   * writer.on('rejected', ({ row, issues }) => console.error('refused', row, issues));
   * await pipeline(source, writer); // or: if (!writer.write(candle)) await once(writer, 'drain');
   * ```
   *
   * @throws InvalidInputError when an option is invalid, and in a transaction, which the writer would outlive: use
   *   `upsertCandles()` there
   * @throws DatabaseOperationError of kind `closed` when the instance is closed
   */
  candleWriter(options: CandleWriterOptions = {}): CandleWriter {
    const operation = 'marketData.candleWriter';
    const { forceUpdate = false, ...settings } = parse(operation, candleWriterOptionsSchema, options);
    const batchKind = { kind: 'candle', forceUpdate } as const;
    const store = (candles: readonly CheckedCandle[], onRetry: () => void) => {
      const write = { forceUpdate, atomic: false, waitsForPool: true, onRetry };
      return this.#writer.write(this.#executor, operation, candles, write);
    };
    return this.#writers.open({ operation, batchKind, check: this.#writer.check, bytesOf, store }, settings);
  }

  /** Stores candles from a spool as the writer that spooled them would have. @internal */
  storeSpooled(candles: readonly unknown[], signal: AbortSignal, forceUpdate: ForceUpdate): Promise<WriteResult> {
    const options = { forceUpdate, atomic: false, signal };
    return this.#writer.checkAndWrite(this.#executor, 'marketData.candleWriter', candles, options);
  }

  /**
   * Reads the candles that start in [startTime, endTime), by start time. With a `limit`, either end of the range may be
   * left out, or both.
   *
   * @example
   * ```ts
   * const day = await db.marketData.getCandles({
   *   symbol: 'BTC-USDT', timeframe: '1m', startTime: '2024-01-01T00:00:00Z', endTime: '2024-01-02T00:00:00Z',
   * });
   * const first = await db.marketData.getCandles({ symbol: 'BTC-USDT', timeframe: '1m', limit: 500 }); // the oldest
   * ```
   *
   * @throws InvalidInputError when the query is invalid
   */
  async getCandles(query: CandleQuery): Promise<Candle[]> {
    const operation = 'marketData.getCandles';
    const selection = this.#withExchange(parse(operation, candleQuerySchema, query));
    return this.#executor.run(operation, READ, (session) => readCandles(session, selection));
  }

  /**
   * Reads the candles that start in [startTime, endTime), by start time, as columns of doubles: for indicators and
   * backtests that need a million candles within a second. For exact decimals use `getCandles`.
   *
   * @example
   * ```ts
   * const { length, startTime, close } = await db.marketData.getCandleColumns({
   *   symbol: 'BTC-USDT', timeframe: '1m', startTime: '2024-01-01T00:00:00Z', endTime: '2025-01-01T00:00:00Z',
   * });
   * ```
   *
   * @returns the columns, each a `Float64Array` of `length` numbers: times in milliseconds since 1970 UTC, and decimals
   *   as the nearest doubles
   * @throws InvalidInputError when the query is invalid
   */
  async getCandleColumns(query: CandleQuery): Promise<CandleColumns> {
    const operation = 'marketData.getCandleColumns';
    const selection = this.#withExchange(parse(operation, candleQuerySchema, query));
    return this.#executor.run(operation, READ, (session) => readColumns(session, selection));
  }

  /**
   * Streams the candles that start in [startTime, endTime), by start time. However many there are, memory is bounded:
   * while the loop works on one page, the next one is read. Nothing is opened before the first candle is requested, and
   * leaving the loop releases everything.
   *
   * With `mode: 'pages'` no connection is held while the loop works. Each page is read by itself, so the stream survives
   * a lost connection, and a candle that changes meanwhile is read as it is when its page is read. When the instance is
   * closed meanwhile, the next page fails with the kind `closed`.
   *
   * With `mode: 'snapshot'` all candles are as they were when the first one was requested. One connection is held until
   * the end, and closing the instance waits for that. When the connection is lost, the stream fails with the kind
   * `connection`. A database in memory has only that connection, so every other operation waits for the end of the
   * stream.
   *
   * In a transaction, in either mode, the stream reads what the transaction sees, its own writes included. Other
   * statements of the transaction may run inside the loop.
   *
   * An abort ends the stream at once; the connection of a page that is being read is free again when that is done.
   *
   * @example
   * ```ts
   * for await (const candle of db.marketData.streamCandles({ symbol: 'BTC-USDT', timeframe: '1m', startTime, endTime })) {
   *   strategy.onCandle(candle);
   * }
   * ```
   *
   * @throws InvalidInputError at once when the query is invalid; while the stream runs, what `getCandles` throws, and the
   *   signal's reason when it is aborted
   */
  streamCandles(query: CandleStreamQuery): AsyncGenerator<Candle, void, undefined> {
    const operation = 'marketData.streamCandles';
    const checked = parse(operation, candleStreamSchema, query);
    const selection = this.#withExchange(checked);
    return streamRows(this.#executor, operation, checked, (session, after, limit) =>
      readCandles(session, { ...selection, limit }, after),
    );
  }

  /**
   * Reads the candle of a series that starts last, or `null` when there is none.
   *
   * @example const last = await db.marketData.getLatestCandle({ symbol: 'BTC-USDT', timeframe: '1m', closedOnly: true });
   * @throws InvalidInputError when the query is invalid
   */
  async getLatestCandle(query: LatestCandleQuery): Promise<Candle | null> {
    const operation = 'marketData.getLatestCandle';
    const checked = parse(operation, latestCandleQuerySchema, query);
    const selection = this.#withExchange({ ...checked, order: 'desc' as const, limit: 1 });
    const [candle] = await this.#executor.run(operation, READ, (session) => readCandles(session, selection));
    return candle ?? null;
  }

  /**
   * Reads the candles of a series that start last, in ascending order, as charts and indicators take them.
   *
   * @example const hour = await db.marketData.getLatestCandles({ symbol: 'BTC-USDT', timeframe: '1m' }, 60);
   * @param n how many at most, 1 or more
   * @throws InvalidInputError when the query is invalid
   */
  async getLatestCandles(query: LatestCandleQuery, n: number): Promise<Candle[]> {
    const operation = 'marketData.getLatestCandles';
    const checked = parse(operation, latestCandleQuerySchema, query);
    const limit = parse(operation, limitSchema, n);
    const selection = this.#withExchange({ ...checked, order: 'desc' as const, limit });
    return (await this.#executor.run(operation, READ, (session) => readCandles(session, selection))).reverse();
  }

  /**
   * Counts candles exactly: those that meet every condition of the query. Without a query it counts all stored candles,
   * of every exchange.
   *
   * @example await db.marketData.countCandles({ symbol: 'BTC-USDT', timeframe: '1m' });
   * @throws InvalidInputError when the query is invalid
   */
  async countCandles(query?: CandleCountQuery): Promise<number> {
    const operation = 'marketData.countCandles';
    const checked = query === undefined ? undefined : parse(operation, candleCountQuerySchema, query);
    return this.#executor.run(operation, READ, ({ tables: { marketData: table }, execute }) => {
      const condition = checked === undefined ? where(table, []) : candleCondition(table, this.#withExchange(checked));
      return countRows(execute, table, condition);
    });
  }

  /**
   * Deletes the candles that start in [startTime, endTime), some thousands at a time.
   *
   * @example await db.marketData.deleteCandles({ symbol: 'BTC-USDT', timeframe: '1m', startTime: 0, endTime: '2020-01-01T00:00:00Z' });
   * @returns how many were deleted
   * @throws InvalidInputError when the range is invalid; nothing is deleted
   */
  async deleteCandles(range: Series & TimeRange): Promise<number> {
    const operation = 'marketData.deleteCandles';
    const selection = this.#withExchange(parse(operation, candleRangeSchema, range));
    const deleted = await deleteRows(this.#executor, operation, CANDLES.table, (table) =>
      candleCondition(table, selection),
    );
    this.#executor.debug(operation, () => `deleted ${deleted} candles`);
    return deleted;
  }

  #withExchange<T extends { readonly exchange?: string | undefined }>(query: T): T & { readonly exchange: string } {
    return { ...query, exchange: query.exchange ?? this.#defaultExchange() };
  }
}

/** About what a candle takes in memory: its texts, and a fixed size for objects and dates. */
function bytesOf(candle: CheckedCandle): number {
  let bytes = BYTES_PER_CANDLE;
  for (const field in candle) {
    const value = candle[field as keyof CheckedCandle];
    if (typeof value === 'string') {
      bytes += value.length;
    }
  }
  return bytes;
}
