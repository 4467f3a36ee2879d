import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { expectTypeOf } from 'expect-type';
import type * as tradestore from '../../src/index.ts';
import {
  type BOT_STATUSES,
  type BotChanges,
  type BotConfig,
  type BotFilter,
  type BotInput,
  type BotStatus,
  type Bounds,
  type Candle,
  type CandleColumns,
  type CandleCountQuery,
  type CandleInput,
  type CandleQuery,
  type CandleStreamQuery,
  type CandleWriter,
  type CandleWriterOptions,
  type CleanupQuery,
  type CleanupResult,
  type ConfigurationError,
  type ConflictError,
  candleEnd,
  type DatabaseOperationError,
  DatabaseOperations,
  type DatabaseOptions,
  type DatabaseStats,
  type DataType,
  type DecimalInput,
  type DuplicateError,
  type Environment,
  type ERROR_KINDS,
  type ErrorKind,
  type ExecutedMigration,
  type ForceUpdate,
  getDatabaseOperations,
  type HealthReport,
  type InsertManyOptions,
  type InstantInput,
  type InvalidInputError,
  type Issue,
  isConfigurationError,
  isConflictError,
  isDatabaseOperationError,
  isDuplicateError,
  isInvalidInputError,
  isTimeframe,
  type LatestCandleQuery,
  type Logger,
  type MarketDataPoint,
  type MigrationCheck,
  type Outcome,
  type PoolHandle,
  type RawDataStats,
  type RawTradeQuery,
  type RawTradeStreamQuery,
  type RawTradeWriter,
  type RawTradeWriterOptions,
  type RawWebsocketData,
  type RejectedInput,
  type RejectedRow,
  type Series,
  type StoredBot,
  type StoredRawTrade,
  type StreamOptions,
  TIMEFRAMES,
  type Timeframe,
  type TimeframeInput,
  type TimeRange,
  type Transaction,
  type TransactionOptions,
  timeframeMs,
  type UpdateBotOptions,
  type UpsertCandlesOptions,
  type WriteResult,
  type WriterOptions,
  type WriterStats,
  withEnvironment,
} from '../../src/index.ts';

// Compiled with the rest, never run: what the public API takes and gives.

// what is there at run time, name by name: one more is a promise more
expectTypeOf<keyof typeof tradestore>().toEqualTypeOf<
  | 'BOT_STATUSES'
  | 'ConfigurationError'
  | 'ConflictError'
  | 'DatabaseOperationError'
  | 'DatabaseOperations'
  | 'DuplicateError'
  | 'ERROR_KINDS'
  | 'InvalidInputError'
  | 'PRICE_TYPES'
  | 'TIMEFRAMES'
  | 'candleEnd'
  | 'getDatabaseOperations'
  | 'isConfigurationError'
  | 'isConflictError'
  | 'isDatabaseOperationError'
  | 'isDuplicateError'
  | 'isInvalidInputError'
  | 'isTimeframe'
  | 'discardRefused'
  | 'readSpool'
  | 'retryRefused'
  | 'spoolStatus'
  | 'sql'
  | 'timeframeMs'
  | 'withEnvironment'
>();

expectTypeOf(getDatabaseOperations).parameters.toEqualTypeOf<[options?: DatabaseOptions | undefined]>();
expectTypeOf(getDatabaseOperations).returns.toEqualTypeOf<DatabaseOperations>();
expectTypeOf(DatabaseOperations).constructorParameters.toEqualTypeOf<[options?: DatabaseOptions | undefined]>();
expectTypeOf(withEnvironment).parameters.toEqualTypeOf<
  [environment: Environment, options?: DatabaseOptions | undefined]
>();
expectTypeOf(withEnvironment).returns.toEqualTypeOf<DatabaseOptions>();
expectTypeOf(process.env).toExtend<Environment>();
expectTypeOf(console).toExtend<Logger>();

declare const db: DatabaseOperations;

expectTypeOf(db).toExtend<AsyncDisposable>();
expectTypeOf(db.connect).toEqualTypeOf<() => Promise<void>>();
expectTypeOf(db.close).parameter(0).toEqualTypeOf<{ readonly force?: boolean | undefined } | undefined>();
expectTypeOf(db.close).returns.toEqualTypeOf<Promise<tradestore.CloseReport>>();
expectTypeOf(db.closed).toEqualTypeOf<boolean>();
expectTypeOf(db.pool).toEqualTypeOf<PoolHandle>();
expectTypeOf(db.healthCheck).toEqualTypeOf<() => Promise<boolean>>();
expectTypeOf(db.health).toEqualTypeOf<() => Promise<HealthReport>>();
expectTypeOf(db.getStats).toEqualTypeOf<() => Promise<DatabaseStats>>();
expectTypeOf(db.watchHealth).returns.toExtend<AsyncIterable<HealthReport>>();
expectTypeOf(db.transaction).parameter(1).toEqualTypeOf<TransactionOptions | undefined>();
expectTypeOf(db.transaction(async (tx) => tx.bots.getById(1))).toEqualTypeOf<Promise<StoredBot | null>>();
expectTypeOf(db.transaction<void>)
  .parameter(0)
  .parameter(0)
  .toEqualTypeOf<Transaction>();

expectTypeOf(db.migrations.up).toEqualTypeOf<() => Promise<string[]>>();
expectTypeOf(db.migrations.down).toEqualTypeOf<() => Promise<string[]>>();
expectTypeOf(db.migrations.pending).toEqualTypeOf<() => Promise<string[]>>();
expectTypeOf(db.migrations.executed).toEqualTypeOf<() => Promise<ExecutedMigration[]>>();
expectTypeOf(db.migrations.check).toEqualTypeOf<() => Promise<MigrationCheck>>();

// a transaction has the same repositories, and no way out of itself
expectTypeOf<Transaction>().toHaveProperty('marketData').toEqualTypeOf<DatabaseOperations['marketData']>();
expectTypeOf<Transaction>().toHaveProperty('rawTrades').toEqualTypeOf<DatabaseOperations['rawTrades']>();
expectTypeOf<Transaction>().toHaveProperty('bots').toEqualTypeOf<DatabaseOperations['bots']>();
expectTypeOf<Transaction>().not.toHaveProperty('close');

const { marketData, rawTrades, bots } = db;

expectTypeOf(marketData.upsertCandle).toEqualTypeOf<
  (candle: CandleInput, forceUpdate?: ForceUpdate) => Promise<Outcome>
>();
expectTypeOf(marketData.upsertCandles).toEqualTypeOf<
  (candles: readonly CandleInput[], options?: UpsertCandlesOptions) => Promise<WriteResult>
>();
expectTypeOf(marketData.getCandles).toEqualTypeOf<(query: CandleQuery) => Promise<Candle[]>>();
expectTypeOf(marketData.getCandleColumns).toEqualTypeOf<(query: CandleQuery) => Promise<CandleColumns>>();
expectTypeOf<CandleColumns>().toEqualTypeOf<{
  readonly length: number;
  readonly startTime: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
  readonly quoteVolume: Float64Array;
  readonly takerBuyVolume: Float64Array;
  readonly takerBuyQuoteVolume: Float64Array;
  readonly openInterest: Float64Array;
}>();
expectTypeOf(marketData.streamCandles).toEqualTypeOf<
  (query: CandleStreamQuery) => AsyncGenerator<Candle, void, undefined>
>();
expectTypeOf(marketData.getLatestCandle).toEqualTypeOf<(query: LatestCandleQuery) => Promise<Candle | null>>();
expectTypeOf(marketData.getLatestCandles).toEqualTypeOf<(query: LatestCandleQuery, n: number) => Promise<Candle[]>>();
expectTypeOf<CandleQuery>().toExtend<Bounds>();
expectTypeOf<Series & { readonly limit: number }>().toExtend<CandleQuery>();
expectTypeOf<Series & { readonly limit: number; readonly endTime: Date }>().toExtend<CandleStreamQuery>();
expectTypeOf<Series & { readonly endTime: Date }>().not.toExtend<CandleQuery>();
// a timeframe is known where it comes out, and taken as text, as an object literal has it, where it goes in
expectTypeOf<Candle['timeframe'] | StoredBot['timeframe']>().toEqualTypeOf<Timeframe>();
const madeBefore = { symbol: 'BTC-USDT', timeframe: '1m' };
expectTypeOf(madeBefore).toExtend<Series>();
expectTypeOf({ ...madeBefore, startTime: 0, open: 1, high: 1, low: 1, close: 1, volume: 1 }).toExtend<CandleInput>();
expectTypeOf({ ...madeBefore, name: 'a', strategyName: 'b', virtualBalance: 1 }).toExtend<BotInput>();
expectTypeOf<Timeframe>().toExtend<TimeframeInput>();
expectTypeOf(marketData.countCandles).toEqualTypeOf<(query?: CandleCountQuery) => Promise<number>>();
expectTypeOf(marketData.deleteCandles).toEqualTypeOf<(range: Series & TimeRange) => Promise<number>>();

expectTypeOf(rawTrades.insertMarketDataPoint).toEqualTypeOf<(point: MarketDataPoint) => Promise<Outcome>>();
expectTypeOf(rawTrades.insertRawWebsocketData).toEqualTypeOf<(data: RawWebsocketData) => Promise<Outcome>>();
expectTypeOf(rawTrades.insertMany).toEqualTypeOf<
  (points: readonly (MarketDataPoint | RawWebsocketData)[], options?: InsertManyOptions) => Promise<WriteResult>
>();
expectTypeOf(rawTrades.getRawTrades).toEqualTypeOf<(query: RawTradeQuery) => Promise<StoredRawTrade[]>>();
expectTypeOf(rawTrades.streamRawTrades).toEqualTypeOf<
  (query: RawTradeStreamQuery) => AsyncGenerator<StoredRawTrade, void, undefined>
>();
// whatever can be read can be streamed, and streaming asks for nothing more
expectTypeOf<CandleStreamQuery>().toExtend<CandleQuery & StreamOptions>();
expectTypeOf<CandleQuery>().toExtend<CandleStreamQuery>();
expectTypeOf<RawTradeQuery>().toExtend<RawTradeStreamQuery>();
expectTypeOf<RawTradeStreamQuery>().toExtend<StreamOptions>();
expectTypeOf<StreamOptions>().toEqualTypeOf<{
  readonly mode?: 'pages' | 'snapshot' | undefined;
  readonly pageRows?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}>();
expectTypeOf(rawTrades.cleanupOldRawData).toEqualTypeOf<(query: CleanupQuery) => Promise<CleanupResult>>();
expectTypeOf(rawTrades.getRawDataStats).toEqualTypeOf<() => Promise<RawDataStats>>();

expectTypeOf(marketData.candleWriter).toEqualTypeOf<(options?: CandleWriterOptions) => CandleWriter>();
expectTypeOf(rawTrades.rawTradeWriter).toEqualTypeOf<(options?: RawTradeWriterOptions) => RawTradeWriter>();
expectTypeOf<CandleWriterOptions>().toExtend<WriterOptions>();
expectTypeOf<WriterOptions['signal']>().toEqualTypeOf<AbortSignal | undefined>();
expectTypeOf<CandleWriter | RawTradeWriter>().toExtend<Writable>();
expectTypeOf<CandleWriter | RawTradeWriter>().toExtend<AsyncDisposable>();
declare const writer: CandleWriter;
expectTypeOf(writer.flush).toEqualTypeOf<() => Promise<void>>();
expectTypeOf(writer.stats()).toEqualTypeOf<WriterStats>();
// what was not stored may be written again as it is
expectTypeOf<CandleWriter['unwritten'][number]>().toExtend<CandleInput>();
expectTypeOf<RawTradeWriter['unwritten']>().toEqualTypeOf<readonly StoredRawTrade[]>();
writer.on('rejected', (rejected) => expectTypeOf(rejected).toEqualTypeOf<RejectedInput<CandleInput>>());
writer.once('error', (error) => expectTypeOf(error).toEqualTypeOf<Error>());
expectTypeOf(pipeline([] as CandleInput[], writer)).toEqualTypeOf<Promise<void>>();

expectTypeOf(bots.getById(1)).toEqualTypeOf<Promise<StoredBot | null>>();
expectTypeOf(bots.getByName('grid-1')).toEqualTypeOf<Promise<StoredBot | null>>();
expectTypeOf(bots.list).parameters.toEqualTypeOf<[filter?: BotFilter]>();
expectTypeOf(bots.list()).toEqualTypeOf<Promise<StoredBot[]>>();
expectTypeOf(bots.update(1, {} as BotChanges, {} as UpdateBotOptions)).toEqualTypeOf<Promise<StoredBot | null>>();
expectTypeOf(bots.adjustBalance(1, '-1.25')).toEqualTypeOf<Promise<StoredBot | null>>();
expectTypeOf(bots.modify(1, (bot) => ({ status: bot.status }))).toEqualTypeOf<Promise<StoredBot | null>>();
expectTypeOf(bots.modify(1, () => null)).toEqualTypeOf<Promise<StoredBot | null>>();

// settings of any object type, an interface included, are taken and kept
interface GridConfig {
  readonly grids: number;
  readonly note?: string;
}
declare const grid: GridConfig;
declare const input: BotInput;
expectTypeOf<GridConfig>().toExtend<BotConfig>();
expectTypeOf(bots.add({ ...input, config: grid })).toEqualTypeOf<Promise<StoredBot<GridConfig>>>();
expectTypeOf(bots.add(input)).toEqualTypeOf<Promise<StoredBot>>();
expectTypeOf(bots.add({ ...input, config: null })).toEqualTypeOf<Promise<StoredBot>>();
expectTypeOf(bots.getById<GridConfig>(1)).toEqualTypeOf<Promise<StoredBot<GridConfig> | null>>();
expectTypeOf(bots.list<GridConfig>()).toEqualTypeOf<Promise<StoredBot<GridConfig>[]>>();
expectTypeOf(bots.findStale<GridConfig>(1)).toEqualTypeOf<Promise<StoredBot<GridConfig>[]>>();
declare const gridBot: StoredBot<GridConfig>;
expectTypeOf(gridBot.config?.grids).toEqualTypeOf<number | undefined>();
expectTypeOf(bots.update(gridBot, { config: { ...gridBot.config, grids: 2 } })).toEqualTypeOf<
  Promise<StoredBot<GridConfig> | null>
>();
expectTypeOf(bots.modify<GridConfig>(1, ({ config }) => ({ config: { ...config, grids: 2 } }))).toEqualTypeOf<
  Promise<StoredBot<GridConfig> | null>
>();
expectTypeOf(bots.delete).toEqualTypeOf<(id: number) => Promise<boolean>>();
expectTypeOf(bots.recordHeartbeat).toEqualTypeOf<(id: number, at?: InstantInput) => Promise<boolean>>();
expectTypeOf(bots.findStale).parameters.toEqualTypeOf<[olderThanMs: number]>();

// the guards narrow, and what they narrow to is the one error
const caught: unknown = new Error('any');
if (isDatabaseOperationError(caught)) {
  expectTypeOf(caught).toEqualTypeOf<DatabaseOperationError>();
  expectTypeOf(caught.kind).toEqualTypeOf<ErrorKind>();
  expectTypeOf(caught.operation).toEqualTypeOf<string>();
  expectTypeOf(caught.retryable).toEqualTypeOf<boolean>();
  expectTypeOf(caught.attempts).toEqualTypeOf<number>();
  expectTypeOf(caught.errno).toEqualTypeOf<number | undefined>();
  expectTypeOf(caught.issues).toEqualTypeOf<readonly Issue[]>();
}
expectTypeOf(isConfigurationError).guards.toEqualTypeOf<ConfigurationError>();
expectTypeOf(isConflictError).guards.toEqualTypeOf<ConflictError>();
expectTypeOf(isDuplicateError).guards.toEqualTypeOf<DuplicateError>();
expectTypeOf(isInvalidInputError).guards.toEqualTypeOf<InvalidInputError>();
expectTypeOf<
  ConfigurationError | ConflictError | DuplicateError | InvalidInputError
>().toExtend<DatabaseOperationError>();

// vocabulary
expectTypeOf(TIMEFRAMES[0]).toEqualTypeOf<'1s'>();
expectTypeOf<(typeof TIMEFRAMES)[number]>().toEqualTypeOf<Timeframe>();
expectTypeOf<(typeof ERROR_KINDS)[number]>().toEqualTypeOf<ErrorKind>();
expectTypeOf<(typeof BOT_STATUSES)[number]>().toEqualTypeOf<BotStatus>();
expectTypeOf<BotStatus>().toEqualTypeOf<'inactive' | 'active' | 'paused' | 'error'>();
expectTypeOf<Outcome>().toEqualTypeOf<'inserted' | 'updated' | 'unchanged'>();
expectTypeOf<ForceUpdate>().toEqualTypeOf<boolean | 'unless-closed'>();
expectTypeOf<InstantInput>().toEqualTypeOf<Date | number | string>();
expectTypeOf<DecimalInput>().toEqualTypeOf<string | number>();
// the known ones are offered, and a caller's own is taken
expectTypeOf<'trade' | 'candle' | 'ticker' | 'orderbook'>().toExtend<DataType>();
expectTypeOf<'funding-rate'>().toExtend<DataType>();
expectTypeOf<RejectedRow>().toEqualTypeOf<{ readonly index: number; readonly issues: readonly Issue[] }>();
expectTypeOf<BotConfig>().toExtend<object>();

expectTypeOf(timeframeMs('1h')).toEqualTypeOf<number>();
expectTypeOf(timeframeMs('1M')).toEqualTypeOf<number | undefined>();
expectTypeOf(timeframeMs(TIMEFRAMES[0] as Timeframe)).toEqualTypeOf<number | undefined>();
expectTypeOf(candleEnd).parameters.toEqualTypeOf<[startTime: InstantInput, timeframe: TimeframeInput]>();
expectTypeOf(candleEnd).returns.toEqualTypeOf<Date>();
expectTypeOf(isTimeframe).guards.toEqualTypeOf<Timeframe>();
