import type { MarketData } from '../entities/market-data.entity.ts';
import { type CandleInput, type CheckedCandle, candleSchema } from '../schemas/candle.schema.ts';
import { parse } from '../schemas/parse.ts';
import {
  type CandleCountQuery,
  type CandleQuery,
  candleCountQuerySchema,
  candleQuerySchema,
  candleRangeSchema,
  type LatestCandleQuery,
  latestCandleQuerySchema,
  type Series,
  type TimeRange,
} from '../schemas/time-range.schema.ts';
import { forceUpdateSchema, upsertOptionsSchema } from '../schemas/write-options.schema.ts';
import type { Timeframe } from '../time/timeframe.ts';
import { BaseRepository } from './base.repository.ts';
import { checkBatch, keyText, lastByKey, sortableTime } from './batch.ts';
import type { Runner, Session } from './session.ts';
import { type Condition, countRows, deleteRows, selectObjects, where } from './statements.ts';
import type { UpsertMode } from './upsert-statement.ts';
import { type BatchPlan, writeRows } from './write-batch.ts';
import { type Outcome, singleOutcome, type WriteResult } from './write-result.ts';

/** A stored candle: times in UTC, prices and volume as exact decimal text in canonical form (`0.1`, not `0.10`). */
export interface Candle extends CheckedCandle {
  /** When the row last changed. */
  readonly updatedAt: Date;
}

/**
 * What happens to a candle that is stored already: `false` keeps it, `true` overwrites it, and
 * `'unless-closed'` overwrites it except that an open candle never replaces a closed one.
 */
export type ForceUpdate = boolean | 'unless-closed';

/** How a batch of candles is written. */
export interface UpsertCandlesOptions {
  /** @default false */
  readonly forceUpdate?: ForceUpdate | undefined;
  /** Stores all candles or none: one faulty candle refuses the batch. @default false */
  readonly atomic?: boolean | undefined;
}

/** Candles: OHLCV over half-open intervals, one for each series and start time. */
export class MarketDataRepository extends BaseRepository {
  readonly #schema;

  /** @internal */
  constructor(runner: Runner, defaultExchange: string) {
    super('marketData', runner, defaultExchange);
    this.#schema = candleSchema(defaultExchange);
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
    const mode = modeOf(parse(operation, forceUpdateSchema, forceUpdate));
    const checked = parse(operation, this.#schema, candle);
    return singleOutcome(await this.#write('upsertCandle', [checked], mode, false));
  }

  /**
   * Stores many candles, one statement for each thousand. A faulty candle is reported with its index and
   * the others are stored. Of two candles with the same key the later one counts (with `'unless-closed'`,
   * the later closed one, where there is one). A batch may be written again at any time.
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
    const { forceUpdate, atomic = false } = parse(operation, upsertOptionsSchema, options);
    const mode = modeOf(forceUpdate);
    const { accepted, rejected } = checkBatch(operation, this.#schema, candles, atomic);
    const rows = lastByKey(
      accepted,
      keyOf,
      (next, previous) => mode !== 'unless-closed' || next.closed || !previous.closed,
    );
    const counts = await this.#write('upsertCandles', rows, mode, atomic);
    return { ...counts, unchanged: counts.unchanged + accepted.length - rows.length, rejected };
  }

  /**
   * Reads the candles that start in [startTime, endTime), by start time.
   *
   * @example
   * ```ts
   * const day = await db.marketData.getCandles({
   *   symbol: 'BTC-USDT', timeframe: '1m', startTime: '2024-01-01T00:00:00Z', endTime: '2024-01-02T00:00:00Z',
   * });
   * ```
   *
   * @throws InvalidInputError when the query is faulty
   */
  async getCandles(query: CandleQuery): Promise<Candle[]> {
    const { limit, order, ...checked } = parse(this.operation('getCandles'), candleQuerySchema, query);
    return this.read('getCandles', async ({ tables, execute }) =>
      (
        await selectObjects(execute, tables.marketData, this.#condition(tables.marketData, checked), { limit, order })
      ).map(asCandle),
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
    return this.read('getLatestCandle', async ({ tables, execute }) => {
      const condition = this.#condition(tables.marketData, checked);
      const [last] = await selectObjects(execute, tables.marketData, condition, { order: 'desc', limit: 1 });
      return last === undefined ? null : asCandle(last);
    });
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
      const all = { text: '1 = 1', parameters: [] };
      return countRows(
        execute,
        tables.marketData,
        checked === undefined ? all : this.#condition(tables.marketData, checked),
      );
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
    return this.whole('deleteCandles', () =>
      deleteRows(
        (work) => this.run('deleteCandles', { idempotent: false }, work),
        ({ tables }) => tables.marketData,
        (table) => this.#condition(table, checked),
      ),
    );
  }

  #write(method: string, candles: readonly CheckedCandle[], mode: UpsertMode, atomic: boolean) {
    const updatedAt = new Date();
    const rows = candles.map((candle): MarketData => ({ ...candle, updatedAt }));
    const plan: BatchPlan<MarketData> = {
      mode,
      atomic,
      tableOf: ({ tables }) => tables.marketData,
      rulesOf: (table) => ({ stamp: table.column('updatedAt').name, closing: table.column('closed').name }),
    };
    return this.whole(method, () => writeRows((options, work) => this.run(method, options, work), rows, plan));
  }

  #condition(
    table: Session['tables']['marketData'],
    query: {
      readonly exchange?: string | undefined;
      readonly symbol?: string | undefined;
      readonly timeframe?: Timeframe | undefined;
      readonly startTime?: Date | undefined;
      readonly endTime?: Date | undefined;
      readonly closedOnly?: boolean | undefined;
    },
  ): Condition {
    return where(table, [
      ['exchange', '=', query.exchange ?? this.defaultExchange],
      ['symbol', '=', query.symbol],
      ['timeframe', '=', query.timeframe],
      ['startTime', '>=', query.startTime],
      ['startTime', '<', query.endTime],
      ['closed', '=', query.closedOnly === true ? true : undefined],
    ]);
  }
}

function modeOf(forceUpdate: ForceUpdate | undefined): UpsertMode {
  if (forceUpdate === 'unless-closed') {
    return 'unless-closed';
  }
  return forceUpdate === true ? 'overwrite' : 'keep';
}

function keyOf(candle: CheckedCandle): string {
  return keyText(candle.exchange, candle.symbol, candle.timeframe, sortableTime(candle.startTime));
}

function asCandle(row: MarketData): Candle {
  return row as Candle;
}
