export type { DatabaseOptions, PoolOptions, RetryOptions, TlsOptions } from './config/options.ts';
export { type Environment, withEnvironment } from './config/with-environment.ts';
export type { PoolState } from './databases/pool/connection-pool.ts';
export type { SqlValue } from './databases/row-sink.ts';
export type { SqlDecimal } from './decimal/sql-decimal.ts';
export { ConfigurationError, isConfigurationError } from './errors/configuration-error.ts';
export { ConflictError, isConflictError } from './errors/conflict-error.ts';
export { DatabaseOperationError, isDatabaseOperationError } from './errors/database-operation-error.ts';
export { DuplicateError, isDuplicateError } from './errors/duplicate-error.ts';
export { InvalidInputError, isInvalidInputError } from './errors/invalid-input-error.ts';
export type { Issue } from './errors/issue.ts';
export { ERROR_KINDS, type ErrorKind } from './errors/kinds.ts';
export type { Logger } from './logger/logger.ts';
export type { CloseReport } from './operations/close-report.ts';
export { DatabaseOperations, type PoolHandle } from './operations/database-operations.ts';
export type { HealthReport } from './operations/health.ts';
export type { ExecutedMigration } from './operations/migrate.ts';
export type { MigrationCheck, Migrations } from './operations/migrations.ts';
export { getDatabaseOperations } from './operations/singleton.ts';
export type { DatabaseStats } from './operations/stats.ts';
export type { Transaction } from './operations/transaction-executor.ts';
export type { PreparedTransaction, TwoPhase, TwoPhaseTransaction } from './operations/two-phase.ts';
export type { BotRepository } from './repositories/bot.repository.ts';
export type {
  CandleWriter,
  CandleWriterOptions,
  MarketDataRepository,
  UpsertCandlesOptions,
} from './repositories/market-data.repository.ts';
export type {
  InsertManyOptions,
  RawTradeRepository,
  RawTradeWriter,
  RawTradeWriterOptions,
} from './repositories/raw-trade.repository.ts';
export type { CleanupResult } from './repositories/raw-trade-cleanup.ts';
export type { StoredBot, UpdateBotOptions } from './repositories/read/bot-rows.ts';
export type {
  Candle,
  CandleColumns,
  RawDataSeries,
  RawDataStats,
  StoredRawTrade,
} from './repositories/read/stored-rows.ts';
export type { Outcome, RejectedRow, WriteResult } from './repositories/write/write-result.ts';
export type { RetryBudget, RetryEvent, RetryListener } from './retry/retry.ts';
export type { BotChanges, BotConfig, BotFilter, BotInput, JsonObject } from './schemas/bot.schema.ts';
export type { CandleInput } from './schemas/candle.schema.ts';
export { candleEnd, timeframeMs } from './schemas/candle-times.schema.ts';
export type { JsonValue } from './schemas/json-value.ts';
export type { DataType, MarketDataPoint, RawWebsocketData } from './schemas/market-data-point.schema.ts';
export type { DecimalInput, InstantInput, PriceTypeInput, TimeframeInput } from './schemas/primitives.ts';
export type { ProcedureArgument } from './schemas/procedure-call.schema.ts';
export type { DrainOptions, RetryRefusedOptions } from './schemas/spool-options.schema.ts';
export type {
  SqlArgument,
  SqlInput,
  SqlOptions,
  SqlQueryOptions,
  SqlStreamOptions,
  SqlValues,
} from './schemas/sql-call.schema.ts';
export type {
  Bounds,
  CandleCountQuery,
  CandleQuery,
  CandleSelectionQuery,
  CandleStreamQuery,
  CleanupQuery,
  LatestCandleQuery,
  RawTradeQuery,
  RawTradeStreamQuery,
  Series,
  StreamOptions,
  TimeRange,
} from './schemas/time-range.schema.ts';
export type { TransactionOptions, TwoPhaseOptions } from './schemas/transaction-options.schema.ts';
export type { ForceUpdate } from './schemas/write-options.schema.ts';
export type { SpoolOptions, WriterOptions } from './schemas/writer-options.schema.ts';
export type { Xid, XidInput } from './schemas/xid.schema.ts';
export type { DrainReport } from './spool/open-spools.ts';
export { readSpool, type SpooledRow, type SpoolFileStatus, spoolStatus } from './spool/read-spool.ts';
export { discardRefused, retryRefused } from './spool/refused-rows.ts';
export type { ProcedureResult } from './sql/procedure.ts';
export type { SqlStream } from './sql/row-stream.ts';
export type { SqlRow, SqlRows } from './sql/send.ts';
export type { ExecuteResult, Sql } from './sql/sql.ts';
export { sql } from './sql/values.ts';
export type { SpoolState } from './streams/row-spool.ts';
export type { RejectedInput, WriterStats } from './streams/row-writer.ts';
export type {
  AttemptTrace,
  BatchTrace,
  ConnectionTrace,
  OperationTrace,
  SpoolTrace,
  StatementTrace,
  TracedError,
} from './telemetry/channels.ts';
export { BOT_STATUSES, type BotStatus } from './text/bot-status.ts';
export { PRICE_TYPES, type PriceType } from './text/price-type.ts';
export { isTimeframe, TIMEFRAMES, type Timeframe } from './time/timeframe.ts';
