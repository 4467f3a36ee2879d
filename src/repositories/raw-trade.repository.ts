import { inTurns } from '../async/turns.ts';
import type { RawTrade } from '../entities/raw-trade.entity.ts';
import type { Tries } from '../executor/executor.ts';
import {
  type CheckedPoint,
  type MarketDataPoint,
  marketDataPointSchema,
  pointCheck,
  type RawWebsocketData,
} from '../schemas/market-data-point.schema.ts';
import { accepted, type Check, type Checked, parse, under } from '../schemas/parse.ts';
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
import { RowWriter } from '../streams/row-writer.ts';
import type { StoredBatch } from '../streams/writer-target.ts';
import { printableName } from '../text/printable.ts';
import { timeOrderedId } from '../time/time-ordered-id.ts';
import { BaseRepository, type RepositoryContext } from './base.repository.ts';
import { type CleanupResult, cleanUpRawTrades } from './raw-trade-cleanup.ts';
import { readRawTrades } from './read/raw-trade-reads.ts';
import { type RawDataStats, rawDataStatsOf, readRawDataSeries } from './read/raw-trade-stats.ts';
import type { StoredRawTrade } from './read/stored-rows.ts';
import { counted } from './said.ts';
import { BatchWriter, type WritePlan } from './write/batch-writer.ts';
import { dedupeByKey, type RowKey } from './write/dedupe-by-key.ts';
import { type Outcome, type RejectedRow, singleOutcome, type WriteResult } from './write/write-result.ts';

const BYTES_PER_POINT = 320;

/** How points wait in a spool. */
const BATCH_KIND = { kind: 'raw-trade', forceUpdate: false } as const;

const KEY: RowKey<RawTrade> = {
  names: ['exchange', 'symbol', 'dataType'],
  compare: (a, b) =>
    a.timestamp.getTime() - b.timestamp.getTime() || (a.sourceId < b.sourceId ? -1 : Number(a.sourceId > b.sourceId)),
};

/** How a batch of points is written. */
export interface InsertManyOptions {
  /** Stores all points or none: one faulty point refuses the batch. @default false */
  readonly atomic?: boolean | undefined;
}

/** How a writer of raw trades gathers and holds them. */
export interface RawTradeWriterOptions extends WriterOptions {}

/** A Node Writable that stores raw trades: see `rawTradeWriter()`. */
export type RawTradeWriter = RowWriter<MarketDataPoint | RawWebsocketData, StoredRawTrade>;

const RAW_TRADES: WritePlan<RawTrade> = {
  tableOf: ({ tables }) => tables.rawTrades,
  rulesOf: () => ({}),
  // LOAD DATA would silently leave out a text that the table's check refuses
  loadable: false,
};

/** Raw trades: messages of data streams, whole and to the letter, of whatever data type. */
export class RawTradeRepository extends BaseRepository {
  readonly #pointSchema: ReturnType<typeof marketDataPointSchema>;
  readonly #check: Check<CheckedPoint>;
  readonly #writer: BatchWriter<RawTrade>;

  /** @param origin the same repository on another executor, whose parts it shares @internal */
  constructor(context: RepositoryContext, origin?: RawTradeRepository) {
    super('rawTrades', context);
    this.#pointSchema =
      origin === undefined
        ? marketDataPointSchema(context.defaultExchange, { timestampRequired: true })
        : origin.#pointSchema;
    this.#check = origin === undefined ? pointCheck(context.defaultExchange) : origin.#check;
    this.#writer = origin === undefined ? new BatchWriter(RAW_TRADES) : origin.#writer;
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
   * @throws InvalidInputError when the point is faulty; nothing is written
   */
  async insertMarketDataPoint(point: MarketDataPoint): Promise<Outcome> {
    const checked = parse(this.operation('insertMarketDataPoint'), this.#pointSchema, point);
    return this.#storeOne('insertMarketDataPoint', checked);
  }

  /**
   * Stores one message as it came from a websocket. Without a `timestamp` the time of arrival counts.
   *
   * @example await db.rawTrades.insertRawWebsocketData({ symbol: 'BTC-USDT', dataType: 'ticker', rawData: message });
   * @returns `'inserted'`, or `'unchanged'` when a message with its key is stored already, which is kept
   * @throws InvalidInputError when a field is faulty; nothing is written
   */
  async insertRawWebsocketData(data: RawWebsocketData): Promise<Outcome> {
    const checked = accepted(this.operation('insertRawWebsocketData'), this.#check(data));
    return this.#storeOne('insertRawWebsocketData', checked);
  }

  /**
   * Stores many points, in slices of up to a thousand, several at once. A faulty point, or one that is larger than the
   * server takes, is reported with its index and the others are stored. What was read by `getRawTrades` may be given as it is.
   *
   * @example const { inserted, unchanged, rejected } = await db.rawTrades.insertMany(points);
   * @returns how many were inserted and how many were stored already (`updated` is always 0), and the
   *   rejected ones; together the length of the batch
   * @throws InvalidInputError when the batch is no array, or faulty and `atomic`; nothing is written
   */
  async insertMany(
    points: readonly (MarketDataPoint | RawWebsocketData)[],
    options: InsertManyOptions = {},
  ): Promise<WriteResult> {
    const operation = this.operation('insertMany');
    const { atomic = false } = parse(operation, insertOptionsSchema, options);
    const checking = this.checkBatch(operation, (input) => this.#checkRow(input), points, atomic);
    const { accepted, acceptedAt, rejected } = checking instanceof Promise ? await checking : checking;
    const stored = await this.#store('insertMany', accepted, atomic);
    const tooLarge = stored.rejected.map(({ row, issues }): RejectedRow => {
      const index = acceptedAt[accepted.indexOf(row)] ?? 0;
      return { index, issues: under(`[${index}]`, issues) };
    });
    return { ...stored, rejected: [...rejected, ...tooLarge].sort((a, b) => a.index - b.index) };
  }

  /**
   * Makes a Node Writable that stores raw trades: the way to record data streams around the clock. It is
   * like `candleWriter()` of the candles in everything: batches by rows, by bytes and by time, bounded
   * memory, `'rejected'`, `unwritten`. A point without a `sourceId` gets one as it is written, so that it
   * is stored once however often that is tried; a point that is larger than the server takes is rejected.
   *
   * @example
   * ```ts
   * const writer = db.rawTrades.rawTradeWriter({ flushIntervalMs: 250 });
   * writer.on('rejected', ({ row, issues }) => console.error('refused', row, issues));
   * writer.on('error', (error) => console.error(error, writer.unwritten.length));
   * socket.on('message', (data) => writer.write({ symbol: 'BTC-USDT', dataType: 'trade', rawData: String(data) }));
   * ```
   *
   * @throws InvalidInputError when an option is faulty, and in a transaction, which a writer would outlive:
   *   there, use `insertMany()`
   * @throws DatabaseOperationError of kind `closed` when the instance is closed
   */
  rawTradeWriter(options: RawTradeWriterOptions = {}): RawTradeWriter {
    const settings = parse(this.operation('rawTradeWriter'), writerOptionsSchema, options);
    return this.open('rawTradeWriter', (operation, { track, spool }) => {
      const store = (rows: readonly RawTrade[], onRetry: () => void) =>
        this.#store('rawTradeWriter', rows, false, { onRetry });
      const check = (input: unknown) => this.#checkRow(input);
      const target = { operation, batchKind: BATCH_KIND, check, bytesOf, store, track };
      return new RowWriter(target, settings, settings.spool && spool(settings.spool));
    });
  }

  /** Stores points that a writer has spooled, as that writer would have. @internal */
  async storeSpooled(points: readonly unknown[], signal: AbortSignal): Promise<StoredBatch<unknown>> {
    const batch = await this.checkBatch(this.operation('rawTradeWriter'), (input) => this.#checkRow(input), points);
    const stored = await this.#store('rawTradeWriter', batch.accepted, false, { signal });
    const faulty = batch.rejected.map(({ index, issues }) => ({ row: points[index], issues }));
    return { ...stored, rejected: [...faulty, ...stored.rejected] };
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
   * @throws InvalidInputError when the query is faulty
   */
  async getRawTrades(query: RawTradeQuery): Promise<StoredRawTrade[]> {
    const selection = this.#select(parse(this.operation('getRawTrades'), rawTradeQuerySchema, query));
    return this.read('getRawTrades', (session) => readRawTrades(session, selection));
  }

  /**
   * Streams the raw trades of [startTime, endTime), by timestamp and source id, in bounded memory however
   * many there are. It is like `streamCandles()` of the candles in everything.
   *
   * @example
   * ```ts
   * for await (const { rawData } of db.rawTrades.streamRawTrades({ symbol: 'BTC-USDT', dataType: 'trade', startTime, endTime })) {
   *   replay(JSON.parse(rawData));
   * }
   * ```
   *
   * @throws InvalidInputError at once when the query is faulty; while it runs what `getRawTrades` throws, and
   *   the signal's reason when it is aborted
   */
  streamRawTrades(query: RawTradeStreamQuery): AsyncGenerator<StoredRawTrade, void, undefined> {
    const { mode, ...checked } = parse(this.operation('streamRawTrades'), rawTradeStreamSchema, query);
    const selection = this.#select(checked);
    return this.stream('streamRawTrades', { mode, ...checked }, (session, after, limit) =>
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
   * @throws InvalidInputError when the query is faulty; nothing is removed
   */
  async cleanupOldRawData(query: CleanupQuery): Promise<CleanupResult> {
    const checked = parse(this.operation('cleanupOldRawData'), cleanupQuerySchema, query);
    const result = await this.whole('cleanupOldRawData', () =>
      cleanUpRawTrades(
        {
          read: (work) => this.read('cleanupOldRawData', work),
          remove: (work) => this.run('cleanupOldRawData', { idempotent: false }, work),
          turn: this.turn,
        },
        checked,
      ),
    );
    this.wrote('cleanupOldRawData', () => `deleted ${result.deleted} raw trades`);
    return result;
  }

  /**
   * Counts the raw data by exchange, symbol and data type, with the first and last timestamp of each. Exact,
   * so it reads the whole key of the table: for a quick figure use `getStats()` of the instance.
   *
   * @example const { count, series } = await db.rawTrades.getRawDataStats();
   */
  async getRawDataStats(): Promise<RawDataStats> {
    return rawDataStatsOf(await this.read('getRawDataStats', readRawDataSeries));
  }

  async #storeOne(method: string, point: CheckedPoint): Promise<Outcome> {
    const outcome = singleOutcome(await this.#write(method, [withSourceId(point)], false));
    const { symbol, dataType, timestamp } = point;
    this.wrote(
      method,
      () =>
        `stored raw trade ${printableName(symbol)} ${printableName(dataType)} ${timestamp.toISOString()}: ${outcome}`,
    );
    return outcome;
  }

  #checkRow(input: unknown): Checked<RawTrade> {
    const checked = this.#check(input);
    return checked.ok ? { ok: true, value: withSourceId(checked.value) } : checked;
  }

  /** Stores checked points. Of two with one key the first is kept, here as in the table. */
  async #store(
    method: string,
    points: readonly RawTrade[],
    atomic: boolean,
    tries: Tries = {},
  ): Promise<StoredBatch<RawTrade>> {
    const sorting = inTurns(
      dedupeByKey(points, KEY, () => false),
      this.turn,
    );
    const rows = sorting instanceof Promise ? await sorting : sorting;
    const rejected: StoredBatch<RawTrade>['rejected'][number][] = [];
    const leaveOut = (row: RawTrade, excess: string): void => {
      rejected.push({
        row,
        issues: [{ path: 'rawData', expected: 'what one statement can carry', received: excess }],
      });
    };
    const counts = await this.#write(method, rows, atomic, leaveOut, tries);
    const stored = { ...counts, unchanged: counts.unchanged + points.length - rows.length, rejected };
    this.wrote(method, () => counted(points.length - rejected.length, 'raw trades', stored));
    return stored;
  }

  #write(
    method: string,
    rows: readonly RawTrade[],
    atomic: boolean,
    leaveOut?: (row: RawTrade, excess: string) => void,
    tries: Tries = {},
  ) {
    return this.whole(method, () =>
      this.#writer.write((options, work) => this.run(method, { ...options, ...tries }, work), rows, {
        forceUpdate: false,
        atomic,
        leaveOut,
        turn: this.turn,
      }),
    );
  }

  #select<T extends { readonly exchange?: string | undefined }>(query: T): T & { readonly exchange: string } {
    return { ...query, exchange: query.exchange ?? this.defaultExchange() };
  }
}

/** The id is made here, before the first attempt, so that every attempt writes the same row. */
function withSourceId(point: CheckedPoint): RawTrade {
  return { ...point, sourceId: point.sourceId ?? timeOrderedId() };
}

/** About what a point takes in memory: its text, and the rest. */
function bytesOf(row: RawTrade): number {
  return BYTES_PER_POINT + Buffer.byteLength(row.rawData);
}
