import { expectTypeOf } from 'expect-type';
import type * as tradestore from '../../src/index.ts';
import {
  type BOT_STATUSES,
  type BotChanges,
  type BotConfig,
  type BotFilter,
  type BotInput,
  type BotStatus,
  type Candle,
  type CandleCountQuery,
  type CandleInput,
  type CandleQuery,
  type CleanupQuery,
  type CleanupResult,
  type ConfigurationError,
  type ConflictError,
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
  type LatestCandleQuery,
  type Logger,
  type MarketDataPoint,
  type MigrationCheck,
  type Outcome,
  type PoolHandle,
  type RawDataStats,
  type RawTradeQuery,
  type RawWebsocketData,
  type RejectedRow,
  type Series,
  type StoredBot,
  type StoredRawTrade,
  TIMEFRAMES,
  type Timeframe,
  type TimeRange,
  type Transaction,
  type TransactionOptions,
  type UpdateBotOptions,
  type UpsertCandlesOptions,
  type WriteResult,
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
  | 'TIMEFRAMES'
  | 'getDatabaseOperations'
  | 'isConfigurationError'
  | 'isConflictError'
  | 'isDatabaseOperationError'
  | 'isDuplicateError'
  | 'isInvalidInputError'
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
expectTypeOf(db.close).returns.toEqualTypeOf<Promise<void>>();
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
expectTypeOf(marketData.getLatestCandle).toEqualTypeOf<(query: LatestCandleQuery) => Promise<Candle | null>>();
expectTypeOf(marketData.countCandles).toEqualTypeOf<(query?: CandleCountQuery) => Promise<number>>();
expectTypeOf(marketData.deleteCandles).toEqualTypeOf<(range: Series & TimeRange) => Promise<number>>();

expectTypeOf(rawTrades.insertMarketDataPoint).toEqualTypeOf<(point: MarketDataPoint) => Promise<Outcome>>();
expectTypeOf(rawTrades.insertRawWebsocketData).toEqualTypeOf<(data: RawWebsocketData) => Promise<Outcome>>();
expectTypeOf(rawTrades.insertMany).toEqualTypeOf<
  (points: readonly (MarketDataPoint | RawWebsocketData)[], options?: InsertManyOptions) => Promise<WriteResult>
>();
expectTypeOf(rawTrades.getRawTrades).toEqualTypeOf<(query: RawTradeQuery) => Promise<StoredRawTrade[]>>();
expectTypeOf(rawTrades.cleanupOldRawData).toEqualTypeOf<(query: CleanupQuery) => Promise<CleanupResult>>();
expectTypeOf(rawTrades.getRawDataStats).toEqualTypeOf<() => Promise<RawDataStats>>();

expectTypeOf(bots.add).toEqualTypeOf<(bot: BotInput) => Promise<StoredBot>>();
expectTypeOf(bots.getById).toEqualTypeOf<(id: number) => Promise<StoredBot | null>>();
expectTypeOf(bots.getByName).toEqualTypeOf<(name: string) => Promise<StoredBot | null>>();
expectTypeOf(bots.list).toEqualTypeOf<(filter?: BotFilter) => Promise<StoredBot[]>>();
expectTypeOf(bots.update).toEqualTypeOf<
  (id: number, changes: BotChanges, options?: UpdateBotOptions) => Promise<StoredBot | null>
>();
expectTypeOf(bots.delete).toEqualTypeOf<(id: number) => Promise<boolean>>();
expectTypeOf(bots.recordHeartbeat).toEqualTypeOf<(id: number, at?: InstantInput) => Promise<boolean>>();
expectTypeOf(bots.findStale).toEqualTypeOf<(olderThanMs: number) => Promise<StoredBot[]>>();

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
