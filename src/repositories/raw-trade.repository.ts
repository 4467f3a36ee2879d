import { v7 as timeOrderedId } from 'uuid';
import { quote } from '../dialects/dialect.ts';
import type { RawTrade } from '../entities/raw-trade.entity.ts';
import {
  type CheckedPoint,
  type MarketDataPoint,
  marketDataPointSchema,
  type RawWebsocketData,
} from '../schemas/market-data-point.schema.ts';
import { parse } from '../schemas/parse.ts';
import {
  type CleanupQuery,
  cleanupQuerySchema,
  type RawTradeQuery,
  rawTradeQuerySchema,
} from '../schemas/time-range.schema.ts';
import { insertOptionsSchema } from '../schemas/write-options.schema.ts';
import { BaseRepository } from './base.repository.ts';
import { checkBatch, keyText, lastByKey, sortableTime } from './batch.ts';
import type { Runner, Session } from './session.ts';
import { countRows, deleteRows, selectObjects, where } from './statements.ts';
import { type BatchPlan, writeRows } from './write-batch.ts';
import { type Outcome, type RejectedRow, singleOutcome, type WriteResult } from './write-result.ts';

/** A stored market data point. `rawData` is the exact text as it was received. */
export interface StoredRawTrade {
  readonly exchange: string;
  readonly symbol: string;
  readonly dataType: string;
  readonly timestamp: Date;
  readonly sourceId: string;
  readonly receivedAt: Date;
  readonly rawData: string;
}

/** How a batch of points is written. */
export interface InsertManyOptions {
  /** Stores all points or none: one faulty point refuses the batch. @default false */
  readonly atomic?: boolean | undefined;
}

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
  readonly #websocketSchema;

  /** @internal */
  constructor(runner: Runner, defaultExchange: string) {
    super('rawTrades', runner, defaultExchange);
    this.#pointSchema = marketDataPointSchema(defaultExchange, { timestampRequired: true });
    this.#websocketSchema = marketDataPointSchema(defaultExchange, { timestampRequired: false });
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
    const checked = parse(this.operation('insertRawWebsocketData'), this.#websocketSchema, data);
    return singleOutcome(await this.#write('insertRawWebsocketData', [withSourceId(checked)], false));
  }

  /**
   * Stores many points, one statement for each thousand. A faulty point, or one that is larger than the
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
    const { accepted, acceptedAt, rejected } = checkBatch(operation, this.#websocketSchema, points, atomic);
    // of two points with one key the first is kept, here as in the table
    const checkedRows = accepted.map(withSourceId);
    const rows = lastByKey(checkedRows, keyOf, () => false);
    const tooLarge: RejectedRow[] = [];
    const counts = await this.#write('insertMany', rows, atomic, (row, excess) => {
      const index = acceptedAt[checkedRows.indexOf(row)] ?? 0;
      tooLarge.push({
        index,
        issues: [{ path: `[${index}].rawData`, expected: 'what one statement can carry', received: excess }],
      });
    });
    return {
      ...counts,
      unchanged: counts.unchanged + accepted.length - rows.length,
      rejected: [...rejected, ...tooLarge].sort((a, b) => a.index - b.index),
    };
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
    const { limit, ...checked } = parse(this.operation('getRawTrades'), rawTradeQuerySchema, query);
    return this.read('getRawTrades', ({ tables, execute }) => {
      const condition = where(tables.rawTrades, [
        ['exchange', '=', checked.exchange ?? this.defaultExchange],
        ['symbol', '=', checked.symbol],
        ['dataType', '=', checked.dataType],
        ['timestamp', '>=', checked.startTime],
        ['timestamp', '<', checked.endTime],
      ]);
      return selectObjects(execute, tables.rawTrades, condition, { limit });
    });
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

  #write(
    method: string,
    rows: readonly RawTrade[],
    atomic: boolean,
    leaveOut?: (row: RawTrade, excess: string) => void,
  ) {
    const plan: BatchPlan<RawTrade> = {
      mode: 'keep',
      atomic,
      tableOf: ({ tables }) => tables.rawTrades,
      rulesOf: () => ({}),
      ...(leaveOut === undefined ? {} : { leaveOut }),
    };
    return this.whole(method, () => writeRows((options, work) => this.run(method, options, work), rows, plan));
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

function keyOf(row: RawTrade): string {
  return keyText(row.exchange, row.symbol, row.dataType, sortableTime(row.timestamp), row.sourceId);
}
