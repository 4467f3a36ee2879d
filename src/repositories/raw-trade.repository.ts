import type { RawTrade } from '../entities/raw-trade.entity.ts';
import type { Executor, WriterHost } from '../executor/executor.ts';
import {
  type CheckedPoint,
  type MarketDataPoint,
  marketDataPointSchema,
  pointCheck,
  type RawWebsocketData,
} from '../schemas/market-data-point.schema.ts';
import { accepted, type Check, parse } from '../schemas/parse.ts';
import type { DefaultExchange } from '../schemas/primitives.ts';
import {
  type CleanupQuery,
  cleanupQuerySchema,
  type RawTradeQuery,
  type RawTradeStreamQuery,
  rawTradeQuerySchema,
  rawTradeStreamSchema,
} from '../schemas/time-range.schema.ts';
import { insertOptionsSchema } from '../schemas/write-options.schema.ts';
import { type WriterOptions, writerOptionsSchema } from '../schemas/writer-options.schema.ts';
import type { RowWriter } from '../streams/row-writer.ts';
import { printableName } from '../text/printable.ts';
import { timeOrderedId } from '../time/time-ordered-id.ts';
import { type CleanupResult, cleanUpRawTrades } from './raw-trade-cleanup.ts';
import { rawDataStatsOf, readRawDataSeries, readRawTrades } from './read/raw-trade-reads.ts';
import type { RawDataStats, StoredRawTrade } from './read/stored-rows.ts';
import { streamRows } from './read/stream-rows.ts';
import type { RepositoryContext } from './repository-context.ts';
import { BatchWriter, type WritePlan } from './write/batch-writer.ts';
import { compareNames } from './write/dedupe-by-key.ts';
import type { Outcome, WriteResult } from './write/write-result.ts';

const BYTES_PER_POINT = 320;

const READ = { idempotent: true } as const;
const BATCH_KIND = { kind: 'raw-trade', forceUpdate: false } as const;

/** How a batch of points is written. */
export interface InsertManyOptions {
  /** Stores all points or none: one invalid point refuses the batch. @default false */
  readonly atomic?: boolean | undefined;
}

/** How a writer of raw trades gathers and holds them. */
export interface RawTradeWriterOptions extends WriterOptions {}

/** A Node Writable that stores raw trades: see `rawTradeWriter()`. */
export type RawTradeWriter = RowWriter<MarketDataPoint | RawWebsocketData, StoredRawTrade>;

const RAW_TRADES: WritePlan<RawTrade, RawTrade> = {
  rowName: 'raw trade',
  describe: ({ symbol, dataType, timestamp }) =>
    `${printableName(symbol)} ${printableName(dataType)} ${timestamp.toISOString()}`,
  table: ({ rawTrades }) => rawTrades,
  compare: (a, b) =>
    compareNames(a.exchange, b.exchange) ||
    compareNames(a.symbol, b.symbol) ||
    compareNames(a.dataType, b.dataType) ||
    a.timestamp.getTime() - b.timestamp.getTime() ||
    compareNames(a.sourceId, b.sourceId),
  // the first point wins, as it does in the table
  replaces: () => false,
  // LOAD DATA would silently leave out a text that the table's check refuses
  loadable: false,
  unbounded: 'rawData',
};

/** Raw trades: messages of data streams of any data type, stored exactly as they were received. */
export class RawTradeRepository {
  readonly #executor: Executor;
  readonly #writers: WriterHost;
  readonly #defaultExchange: DefaultExchange;
  readonly #pointSchema: ReturnType<typeof marketDataPointSchema>;
  readonly #writer: BatchWriter<RawTrade, RawTrade>;

  /** @param origin the same repository on another executor, whose parts it shares @internal */
  constructor({ executor, writers, defaultExchange }: RepositoryContext, origin?: RawTradeRepository) {
    this.#executor = executor;
    this.#writers = writers;
    this.#defaultExchange = defaultExchange;
    this.#pointSchema =
      origin === undefined ? marketDataPointSchema(defaultExchange, { timestampRequired: true }) : origin.#pointSchema;
    this.#writer = origin === undefined ? new BatchWriter(RAW_TRADES, rowCheck(defaultExchange)) : origin.#writer;
  }

  /**
   * Stores one market data point.
   *
   * @example
   * ```ts
   * await db.rawTrades.insertMarketDataPoint({
   *   symbol: 'BTC-USDT', dataType: 'trade', timestamp: 1704067200123, sourceId: '130639474',
   *   payload: '{"px":"42219.9","sz":"0.12"}',
   * }); // 'inserted'
   * ```
   *
   * @returns `'inserted'`, or `'unchanged'` when a point with its key is stored already, which is kept
   * @throws InvalidInputError when the point is invalid; nothing is written
   */
  async insertMarketDataPoint(point: MarketDataPoint): Promise<Outcome> {
    const operation = 'rawTrades.insertMarketDataPoint';
    const row = withSourceId(parse(operation, this.#pointSchema, point));
    return this.#writer.writeRow(this.#executor, operation, row, false);
  }

  /**
   * Stores one message as it came from a websocket. Without a `timestamp`, its time of arrival is used.
   *
   * @example await db.rawTrades.insertRawWebsocketData({ symbol: 'BTC-USDT', dataType: 'ticker', rawData: message });
   * @returns `'inserted'`, or `'unchanged'` when a message with its key is stored already, which is kept
   * @throws InvalidInputError when a field is invalid; nothing is written
   */
  async insertRawWebsocketData(data: RawWebsocketData): Promise<Outcome> {
    const operation = 'rawTrades.insertRawWebsocketData';
    return this.#writer.writeRow(this.#executor, operation, accepted(operation, this.#writer.check(data)), false);
  }

  /**
   * Stores many points, in slices of up to a thousand, several at a time. A point that is invalid, or larger than the
   * server takes, is reported with its index and the others are stored. If a key occurs twice, the first point wins. Rows
   * of `getRawTrades` may be given as they are.
   *
   * @example const { inserted, unchanged, rejected } = await db.rawTrades.insertMany(points);
   * @returns how many were inserted and how many were stored already (`updated` is always 0), and the
   *   rejected ones; together the length of the batch
   * @throws InvalidInputError when the batch is not an array, or has an invalid point and is `atomic`; nothing is written
   */
  async insertMany(
    points: readonly (MarketDataPoint | RawWebsocketData)[],
    options: InsertManyOptions = {},
  ): Promise<WriteResult> {
    const operation = 'rawTrades.insertMany';
    const { atomic = false } = parse(operation, insertOptionsSchema, options);
    return this.#writer.checkAndWrite(this.#executor, operation, points, { forceUpdate: false, atomic });
  }

  /**
   * Makes a Node Writable that stores raw trades: the way to record data streams around the clock. It works like
   * `candleWriter()`: batches by rows, bytes and time, bounded memory, `'rejected'`, `unwritten`, a `spool`. A point
   * without a `sourceId` gets one when it is written, so that retries store it once. A point that is larger than the
   * server takes is rejected.
   *
   * @example
   * ```ts
   * const writer = db.rawTrades.rawTradeWriter({ flushIntervalMs: 250 });
   * writer.on('rejected', ({ row, issues }) => console.error('refused', row, issues));
   * writer.on('error', (error) => console.error(error, writer.unwritten.length));
   * socket.on('message', (data) => writer.write({ symbol: 'BTC-USDT', dataType: 'trade', rawData: String(data) }));
   * ```
   *
   * @throws InvalidInputError when an option is invalid, and in a transaction, which the writer would outlive: use
   *   `insertMany()` there
   * @throws DatabaseOperationError of kind `closed` when the instance is closed
   */
  rawTradeWriter(options: RawTradeWriterOptions = {}): RawTradeWriter {
    const operation = 'rawTrades.rawTradeWriter';
    const settings = parse(operation, writerOptionsSchema, options);
    const store = (rows: readonly RawTrade[], onRetry: () => void) => {
      const write = { forceUpdate: false, atomic: false, waitsForPool: true, onRetry };
      return this.#writer.write(this.#executor, operation, rows, write);
    };
    const target = { operation, batchKind: BATCH_KIND, check: this.#writer.check, bytesOf, store };
    return this.#writers.open(target, settings);
  }

  /** Stores points from a spool as the writer that spooled them would have. @internal */
  storeSpooled(points: readonly unknown[], signal: AbortSignal): Promise<WriteResult> {
    const options = { forceUpdate: false, atomic: false, signal };
    return this.#writer.checkAndWrite(this.#executor, 'rawTrades.rawTradeWriter', points, options);
  }

  /**
   * Reads the raw trades of [startTime, endTime), by timestamp and source id.
   *
   * @example
   * ```ts
   * const trades = await db.rawTrades.getRawTrades({
   *   symbol: 'BTC-USDT', dataType: 'trade', startTime: '2024-01-01T00:00:00Z', endTime: '2024-01-01T01:00:00Z',
   * });
   * ```
   *
   * @throws InvalidInputError when the query is invalid
   */
  async getRawTrades(query: RawTradeQuery): Promise<StoredRawTrade[]> {
    const operation = 'rawTrades.getRawTrades';
    const selection = this.#withExchange(parse(operation, rawTradeQuerySchema, query));
    return this.#executor.run(operation, READ, (session) => readRawTrades(session, selection));
  }

  /**
   * Streams the raw trades of [startTime, endTime), by timestamp and source id, in bounded memory however
   * many there are. It works like `streamCandles()`, with the same options.
   *
   * @example
   * ```ts
   * for await (const { rawData } of db.rawTrades.streamRawTrades({ symbol: 'BTC-USDT', dataType: 'trade', startTime, endTime })) {
   *   replay(JSON.parse(rawData));
   * }
   * ```
   *
   * @throws InvalidInputError at once when the query is invalid; while the stream runs, what `getRawTrades` throws,
   *   and the signal's reason when it is aborted
   */
  streamRawTrades(query: RawTradeStreamQuery): AsyncGenerator<StoredRawTrade, void, undefined> {
    const operation = 'rawTrades.streamRawTrades';
    const checked = parse(operation, rawTradeStreamSchema, query);
    const selection = this.#withExchange(checked);
    return streamRows(this.#executor, operation, checked, (session, after, limit) =>
      readRawTrades(session, { ...selection, limit }, after),
    );
  }

  /**
   * Removes raw data older than a time, series by series, some thousands of rows at a time: of every exchange, symbol
   * and data type, or of those that are named.
   *
   * @example
   * ```ts
   * const { matched } = await db.rawTrades.cleanupOldRawData({ olderThan: '2024-01-01T00:00:00Z', dryRun: true });
   * ```
   *
   * @throws InvalidInputError when the query is invalid; nothing is removed
   */
  async cleanupOldRawData(query: CleanupQuery): Promise<CleanupResult> {
    const operation = 'rawTrades.cleanupOldRawData';
    const checked = parse(operation, cleanupQuerySchema, query);
    const result = await this.#executor.track(operation, () => cleanUpRawTrades(this.#executor, operation, checked));
    this.#executor.debug(operation, () => `deleted ${result.deleted} raw trades`);
    return result;
  }

  /**
   * Counts the raw data by exchange, symbol and data type, with the first and last timestamp of each. Exact,
   * so it reads the whole key of the table: for a quick figure use `getStats()` of the instance.
   *
   * @example const { count, series } = await db.rawTrades.getRawDataStats();
   */
  async getRawDataStats(): Promise<RawDataStats> {
    return rawDataStatsOf(await this.#executor.run('rawTrades.getRawDataStats', READ, readRawDataSeries));
  }

  #withExchange<T extends { readonly exchange?: string | undefined }>(query: T): T & { readonly exchange: string } {
    return { ...query, exchange: query.exchange ?? this.#defaultExchange() };
  }
}

/** The id is made before the first attempt, so that every attempt writes the same row. */
function withSourceId(point: CheckedPoint): RawTrade {
  return { ...point, sourceId: point.sourceId ?? timeOrderedId() };
}

function rowCheck(defaultExchange: DefaultExchange): Check<RawTrade> {
  const check = pointCheck(defaultExchange);
  return (input) => {
    const checked = check(input);
    return checked.ok ? { ok: true, value: withSourceId(checked.value) } : checked;
  };
}

/** About what a point takes in memory: its text, and a fixed size for the rest. */
function bytesOf(row: RawTrade): number {
  return BYTES_PER_POINT + Buffer.byteLength(row.rawData);
}
