import { v7 as timeOrderedId } from 'uuid';
import { quote } from '../dialects/dialect.ts';
import type { RawTrade } from '../entities/raw-trade.entity.ts';
import { checkPoint } from '../schemas/check-point.ts';
import {
  type CheckedPoint,
  type MarketDataPoint,
  marketDataPointSchema,
  type RawWebsocketData,
} from '../schemas/market-data-point.schema.ts';
import { accepted, type Checked, parse, under } from '../schemas/parse.ts';
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
import type { StoredBatch } from '../streams/row-sink.ts';
import { RowWriter } from '../streams/row-writer.ts';
import { BaseRepository } from './base.repository.ts';
import { checkBatch } from './batch.ts';
import { lastByKey, type RowKey } from './last-by-key.ts';
import { readRawTrades } from './raw-trade-reads.ts';
import type { StoredRawTrade } from './raw-trade-rows.ts';
import type { Runner, Session } from './session.ts';
import { countRows, deleteRows, where } from './statements.ts';
import { BatchWriter } from './write-batch.ts';
import { type Outcome, type RejectedRow, singleOutcome, type WriteResult } from './write-result.ts';

const BYTES_PER_POINT = 320;

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

/** What a clean-up found and did. */
export interface CleanupResult {
  /** Rows older than asked. */
  readonly matched: number;
  /** Rows removed: `matched`, or 0 in a dry run. */
  readonly deleted: number;
  readonly dryRun: boolean;
}

/** What is stored of one exchange's symbol and data type. */
export interface RawDataSeries {
  readonly exchange: string;
  readonly symbol: string;
  readonly dataType: string;
  readonly count: number;
  readonly oldest: Date;
  readonly newest: Date;
}

/** What is stored of raw data, counted exactly. */
export interface RawDataStats {
  readonly count: number;
  /** Earliest and latest timestamp; `null` where nothing is stored. */
  readonly oldest: Date | null;
  readonly newest: Date | null;
  /** By exchange, symbol and data type, in that order. */
  readonly series: readonly RawDataSeries[];
}

/** Raw trades: messages of data streams, whole and to the letter, of whatever data type. */
export class RawTradeRepository extends BaseRepository {
  readonly #pointSchema;
  readonly #check;
  readonly #writer = new BatchWriter<RawTrade>({
    tableOf: ({ tables }) => tables.rawTrades,
    rulesOf: () => ({}),
    // a text that the table's check refuses would be left out of a file without a word
    loadable: false,
  });

  /** @internal */
  constructor(runner: Runner, defaultExchange: string) {
    super('rawTrades', runner, defaultExchange);
    this.#pointSchema = marketDataPointSchema(defaultExchange, { timestampRequired: true });
    this.#check = checkPoint(defaultExchange);
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
    return singleOutcome(await this.#write('insertMarketDataPoint', [withSourceId(checked)], false));
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
    return singleOutcome(await this.#write('insertRawWebsocketData', [withSourceId(checked)], false));
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
    const { acceptedAt, rejected, ...batch } = checkBatch(operation, this.#check, points, atomic);
    const checkedRows = batch.accepted.map(withSourceId);
    const stored = await this.#store('insertMany', checkedRows, atomic);
    const tooLarge = stored.rejected.map(({ row, issues }): RejectedRow => {
      const index = acceptedAt[checkedRows.indexOf(row)] ?? 0;
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
    return this.open('rawTradeWriter', (operation, hold) => {
      const store = (rows: readonly RawTrade[], onRetry: () => void) =>
        this.#store('rawTradeWriter', rows, false, onRetry);
      return new RowWriter({ operation, check: (input) => this.#checkRow(input), bytesOf, store, hold }, settings);
    });
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
   * Removes raw data older than a time, series by series, some thousands of rows at a time.
   *
   * @example
   * ```ts
   * const { matched } = await db.rawTrades.cleanupOldRawData({ olderThan: '2024-01-01T00:00:00Z', dryRun: true });
   * ```
   *
   * @throws InvalidInputError when the query is faulty; nothing is removed
   */
  async cleanupOldRawData(query: CleanupQuery): Promise<CleanupResult> {
    const {
      olderThan,
      dataType,
      dryRun = false,
    } = parse(this.operation('cleanupOldRawData'), cleanupQuerySchema, query);
    return this.whole('cleanupOldRawData', async () => {
      let matched = 0;
      for (const series of await this.#series()) {
        if (dataType === undefined || series.dataType === dataType) {
          matched += await (dryRun ? this.#countOld(series, olderThan) : this.#deleteOld(series, olderThan));
        }
      }
      return { matched, deleted: dryRun ? 0 : matched, dryRun };
    });
  }

  /**
   * Counts the raw data by exchange, symbol and data type, with the first and last timestamp of each. Exact,
   * so it reads the whole key of the table: for a quick figure use `getStats()` of the instance.
   *
   * @example const { count, series } = await db.rawTrades.getRawDataStats();
   */
  async getRawDataStats(): Promise<RawDataStats> {
    const series = await this.read('getRawDataStats', async ({ tables: { rawTrades }, execute }) => {
      const [exchange, symbol, dataType, timestamp] = (['exchange', 'symbol', 'dataType', 'timestamp'] as const).map(
        (property) => quote(rawTrades.column(property).name),
      );
      const { rows } = await execute(
        `select ${exchange} as exchange, ${symbol} as symbol, ${dataType} as data_type, count(*) as count, ` +
          `min(${timestamp}) as oldest, max(${timestamp}) as newest from ${quote(rawTrades.name)} ` +
          `group by ${exchange}, ${symbol}, ${dataType} order by ${exchange}, ${symbol}, ${dataType}`,
      );
      const time = rawTrades.column('timestamp');
      return rows.map(
        (row): RawDataSeries => ({
          exchange: String(row['exchange']),
          symbol: String(row['symbol']),
          dataType: String(row['data_type']),
          count: Number(row['count']),
          oldest: time.decode(row['oldest']) as Date,
          newest: time.decode(row['newest']) as Date,
        }),
      );
    });
    const times = series.flatMap(({ oldest, newest }) => [oldest.getTime(), newest.getTime()]);
    return {
      count: series.reduce((sum, { count }) => sum + count, 0),
      oldest: times.length === 0 ? null : new Date(times.reduce((a, b) => Math.min(a, b))),
      newest: times.length === 0 ? null : new Date(times.reduce((a, b) => Math.max(a, b))),
      series,
    };
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
    onRetry?: () => void,
  ): Promise<StoredBatch<RawTrade>> {
    const rows = lastByKey(points, KEY, () => false);
    const rejected: StoredBatch<RawTrade>['rejected'][number][] = [];
    const leaveOut = (row: RawTrade, excess: string): void => {
      rejected.push({
        row,
        issues: [{ path: 'rawData', expected: 'what one statement can carry', received: excess }],
      });
    };
    const counts = await this.#write(method, rows, atomic, leaveOut, onRetry);
    return { ...counts, unchanged: counts.unchanged + points.length - rows.length, rejected };
  }

  #write(
    method: string,
    rows: readonly RawTrade[],
    atomic: boolean,
    leaveOut?: (row: RawTrade, excess: string) => void,
    onRetry?: () => void,
  ) {
    return this.whole(method, () =>
      this.#writer.write((options, work) => this.run(method, { ...options, onRetry }, work), rows, {
        mode: 'keep',
        atomic,
        leaveOut,
      }),
    );
  }

  #select<T extends { readonly exchange?: string | undefined }>(query: T): T & { readonly exchange: string } {
    return { ...query, exchange: query.exchange ?? this.defaultExchange };
  }

  /** The prefixes of the key that occur. Servers find them by skipping through the key, so it costs by series. */
  #series(): Promise<Pick<RawDataSeries, 'exchange' | 'symbol' | 'dataType'>[]> {
    return this.read('cleanupOldRawData', async ({ tables: { rawTrades }, execute }) => {
      const properties = ['exchange', 'symbol', 'dataType'] as const;
      const columns = properties.map((property) => quote(rawTrades.column(property).name)).join(', ');
      const { rows } = await execute(`select distinct ${columns} from ${quote(rawTrades.name)}`);
      return rows.map((row) => {
        const [exchange, symbol, dataType] = properties.map((property) => String(row[rawTrades.column(property).name]));
        return { exchange: exchange as string, symbol: symbol as string, dataType: dataType as string };
      });
    });
  }

  #countOld(series: Pick<RawDataSeries, 'exchange' | 'symbol' | 'dataType'>, olderThan: Date): Promise<number> {
    return this.read('cleanupOldRawData', ({ tables, execute }) =>
      countRows(execute, tables.rawTrades, older(tables, series, olderThan)),
    );
  }

  #deleteOld(series: Pick<RawDataSeries, 'exchange' | 'symbol' | 'dataType'>, olderThan: Date): Promise<number> {
    return deleteRows(
      (work) => this.run('cleanupOldRawData', { idempotent: false }, work),
      ({ tables }) => tables.rawTrades,
      (table) => older({ rawTrades: table }, series, olderThan),
    );
  }
}

function older(
  tables: Pick<Session['tables'], 'rawTrades'>,
  series: Pick<RawDataSeries, 'exchange' | 'symbol' | 'dataType'>,
  olderThan: Date,
) {
  return where(tables.rawTrades, [
    ['exchange', '=', series.exchange],
    ['symbol', '=', series.symbol],
    ['dataType', '=', series.dataType],
    ['timestamp', '<', olderThan],
  ]);
}

/** The id is made here, before the first attempt, so that every attempt writes the same row. */
function withSourceId(point: CheckedPoint): RawTrade {
  return { ...point, sourceId: point.sourceId ?? timeOrderedId() };
}

/** About what a point takes in memory: its text, and the rest. */
function bytesOf(row: RawTrade): number {
  return BYTES_PER_POINT + Buffer.byteLength(row.rawData);
}
