import { finished } from 'node:stream/promises';
import fc from 'fast-check';
import {
  type CandleWriter,
  DatabaseOperations,
  isDatabaseOperationError,
  isInvalidInputError,
  type RawTradeWriter,
  type WriteResult,
} from '../../src/index.ts';
import { bot, candle, NEW_YEAR, point } from './samples.ts';
import { allOf } from './streamed.ts';

/** What is called with garbage. */
export interface GarbageBench {
  readonly db: DatabaseOperations;
  /** Where the database is, for instances of a call's own. */
  readonly url: string;
}

/** What a call made of its input. */
export type Reception = 'refused' | 'accepted';

/** The database checks a statement too; whatever it answers to garbage, it does nothing. */
function reached(call: Promise<unknown>): Promise<unknown> {
  return call.catch((error: unknown) => {
    if (isDatabaseOperationError(error) && !UNSOUND.has(error.kind)) {
      return isInvalidInputError(error) ? Promise.reject(error) : 'accepted';
    }
    throw error;
  });
}

/** Makes the call; a refusal is thrown, in the result's `rejected`, or the returned word itself. */
type Call = (bench: GarbageBench, input: never) => Promise<unknown>;

/** A call with the garbage it is given. */
export interface GarbageCall {
  /** The public method, and behind a comma which of its inputs. */
  readonly name: string;
  readonly garbage: fc.Arbitrary<unknown>;
  readonly call: Call;
}

/** Any JavaScript value. */
const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withObjectString: true,
  withSparseArray: true,
  withTypedArray: true,
  withBoxedValues: true,
});

/** An object with one to three of its fields, or of others, replaced by whatever; those that are empty stay so. */
function nearly(object: object): fc.Arbitrary<unknown> {
  const fields = Object.entries(object).flatMap(([field, value]) => (value === '' ? [] : [field]));
  return fc
    .dictionary(fc.constantFrom(...fields, '__proto__', 'extra'), anything, { minKeys: 1, maxKeys: 3 })
    .map((changes) => ({ ...object, ...changes }));
}

const garbage = (object: object): fc.Arbitrary<unknown> => fc.oneof(anything, nearly(object));

const batch = (object: object): fc.Arbitrary<unknown> =>
  fc.oneof(anything, fc.array(garbage(object), { maxLength: 5 }));

const RANGE = { symbol: 'BTC-USDT', startTime: NEW_YEAR, endTime: NEW_YEAR + 1 };
const SYMBOL = { symbol: 'BTC-USDT', timeframe: '1m' };
const SERIES = { ...RANGE, timeframe: '1m', exchange: 'okx' };
const TRADES = { ...RANGE, dataType: 'trade' };
const PAGES = { mode: 'snapshot', pageRows: 1, signal: new AbortController().signal };
const UNSOUND: ReadonlySet<string> = new Set(['connection', 'closed', 'timeout']);
const SPOOL = { directory: '', maxBytes: 2 ** 21 };
const NOTHING = 'delete from bots where name = ?';
const WRITER = { batchRows: 10, batchBytes: 1_000, flushIntervalMs: 10, highWaterMark: 40 };

const CALLS: readonly (readonly [name: string, garbage: fc.Arbitrary<unknown>, call: Call])[] = [
  ['close', garbage({ force: true }), ({ url }, it) => new DatabaseOperations({ url }).close(it)],
  ['transaction', anything, ({ db }, it) => db.transaction(it)],
  ['transaction, options', garbage({ readOnly: true }), ({ db }, it) => db.transaction(async () => undefined, it)],
  ['twoPhase', anything, async ({ db }, it) => db.twoPhase(it, async () => undefined)],
  ['twoPhase, function', anything, async ({ db }, it) => db.twoPhase('a', it)],
  [
    'twoPhase, options',
    garbage({ isolationLevel: 'serializable', retries: 1 }),
    async ({ db }, it) => db.twoPhase('a', async () => undefined, it),
  ],
  ['drainSpool', garbage(SPOOL), ({ db }, it) => db.drainSpool(it)],
  ['watchHealth', garbage({ intervalMs: 1 }), async ({ db }, it) => db.watchHealth(it).return()],

  ['marketData.upsertCandle', garbage({ ...candle(), symbol: '' }), ({ db }, it) => db.marketData.upsertCandle(it)],
  [
    'marketData.upsertCandle, forceUpdate',
    anything,
    ({ db }, it) => db.marketData.upsertCandle({ ...candle(), symbol: '' }, it),
  ],
  ['marketData.upsertCandles', batch({ ...candle(), symbol: '' }), ({ db }, it) => db.marketData.upsertCandles(it)],
  [
    'marketData.upsertCandles, options',
    garbage({ forceUpdate: true }),
    ({ db }, it) => db.marketData.upsertCandles([], it),
  ],
  [
    'marketData.getCandles',
    garbage({ ...SERIES, limit: 1, order: 'asc' }),
    ({ db }, it) => db.marketData.getCandles(it),
  ],
  ['marketData.getCandleColumns', garbage({ ...SERIES, limit: 1 }), ({ db }, it) => db.marketData.getCandleColumns(it)],
  [
    'marketData.streamCandles',
    garbage({ ...SERIES, ...PAGES }),
    async ({ db }, it) => allOf(db.marketData.streamCandles(it)),
  ],
  [
    'marketData.getLatestCandle',
    garbage({ symbol: 'a', timeframe: '1m' }),
    ({ db }, it) => db.marketData.getLatestCandle(it),
  ],
  [
    'marketData.getLatestCandles',
    garbage({ symbol: 'a', timeframe: '1m' }),
    ({ db }, it) => db.marketData.getLatestCandles(it, 1),
  ],
  ['marketData.getLatestCandles, number', anything, ({ db }, it) => db.marketData.getLatestCandles(SYMBOL, it)],
  ['marketData.countCandles', garbage(SERIES), ({ db }, it) => db.marketData.countCandles(it)],
  ['marketData.deleteCandles', garbage(SERIES), ({ db }, it) => db.marketData.deleteCandles(it)],
  [
    'marketData.candleWriter',
    garbage({ ...WRITER, forceUpdate: true }),
    async ({ db }, it) => db.marketData.candleWriter(it).destroy(),
  ],
  [
    'marketData.candleWriter, spool',
    garbage(SPOOL),
    async ({ db }, it) => db.marketData.candleWriter({ spool: it }).destroy(),
  ],
  [
    'marketData.candleWriter, a row',
    garbage({ ...candle(), symbol: '' }),
    ({ db }, it) => written(db.marketData.candleWriter(), it),
  ],

  [
    'rawTrades.insertMarketDataPoint',
    garbage({ ...point(), symbol: '' }),
    ({ db }, it) => db.rawTrades.insertMarketDataPoint(it),
  ],
  [
    'rawTrades.insertRawWebsocketData',
    garbage({ ...point(), symbol: '' }),
    ({ db }, it) => db.rawTrades.insertRawWebsocketData(it),
  ],
  ['rawTrades.insertMany', batch({ ...point(), symbol: '' }), ({ db }, it) => db.rawTrades.insertMany(it)],
  ['rawTrades.insertMany, options', garbage({ atomic: true }), ({ db }, it) => db.rawTrades.insertMany([], it)],
  ['rawTrades.getRawTrades', garbage(TRADES), ({ db }, it) => db.rawTrades.getRawTrades(it)],
  [
    'rawTrades.streamRawTrades',
    garbage({ ...TRADES, ...PAGES }),
    async ({ db }, it) => allOf(db.rawTrades.streamRawTrades(it)),
  ],
  ['rawTrades.cleanupOldRawData', garbage({ olderThan: NEW_YEAR }), ({ db }, it) => db.rawTrades.cleanupOldRawData(it)],
  ['rawTrades.rawTradeWriter', garbage(WRITER), async ({ db }, it) => db.rawTrades.rawTradeWriter(it).destroy()],
  [
    'rawTrades.rawTradeWriter, a row',
    garbage({ ...point(), symbol: '' }),
    ({ db }, it) => written(db.rawTrades.rawTradeWriter(), it),
  ],

  ['bots.add', garbage({ ...bot(), strategyName: '' }), ({ db }, it) => db.bots.add(it)],
  ['bots.getById', anything, ({ db }, it) => db.bots.getById(it)],
  ['bots.getByName', anything, ({ db }, it) => db.bots.getByName(it)],
  ['bots.list', garbage({ status: 'active' }), ({ db }, it) => db.bots.list(it)],
  ['bots.update', garbage({ status: 'active' }), ({ db }, it) => db.bots.update(1, it)],
  ['bots.update, id', anything, ({ db }, it) => db.bots.update(it, { status: 'active' })],
  ['bots.update, bot', garbage({ id: 1, version: 1 }), ({ db }, it) => db.bots.update(it, { status: 'active' })],
  ['bots.modify', anything, ({ db }, it) => db.bots.modify(it, () => null)],
  ['bots.modify, function', anything, ({ db }, it) => db.bots.modify(1, it)],
  ['bots.adjustBalance', anything, ({ db }, it) => db.bots.adjustBalance(it, 1)],
  ['bots.adjustBalance, amount', anything, ({ db }, it) => db.bots.adjustBalance(1, it)],
  ['bots.update, options', anything, ({ db }, it) => db.bots.update(1, { status: 'active' }, it)],
  ['bots.delete', anything, ({ db }, it) => db.bots.delete(it)],
  ['bots.recordHeartbeat', anything, ({ db }, it) => db.bots.recordHeartbeat(it)],
  ['bots.recordHeartbeat, time', anything, ({ db }, it) => db.bots.recordHeartbeat(1, it)],
  ['bots.findStale', anything, ({ db }, it) => db.bots.findStale(it)],

  ['sql.query', anything, ({ db }, it) => reached(db.sql.query(it))],
  ['sql.query, values', batch({}), ({ db }, it) => reached(db.sql.query('select ? as value', it))],
  ['sql.query, options', garbage({ rowsAsArray: true }), ({ db }, it) => db.sql.query('select 1 as one', [], it)],
  ['sql.first', anything, ({ db }, it) => reached(db.sql.first(it))],
  ['sql.first, values', batch({}), ({ db }, it) => reached(db.sql.first('select ? as value', it))],
  ['sql.scalar', anything, ({ db }, it) => reached(db.sql.scalar(it))],
  ['sql.scalar, values', batch({}), ({ db }, it) => reached(db.sql.scalar('select ? as value', it))],
  ['sql.execute', anything, ({ db }, it) => reached(db.sql.execute(it))],
  ['sql.execute, values', batch({}), ({ db }, it) => reached(db.sql.execute(NOTHING, it))],
  ['sql.execute, options', garbage({ idempotent: true }), ({ db }, it) => db.sql.execute(NOTHING, ['none'], it)],
  ['sql.executeMany', anything, ({ db }, it) => reached(db.sql.executeMany(it, [[]]))],
  ['sql.executeMany, rows', batch({}), ({ db }, it) => reached(db.sql.executeMany(NOTHING, it))],
  [
    'sql.executeMany, options',
    garbage({ idempotent: true }),
    ({ db }, it) => db.sql.executeMany(NOTHING, [['none']], it),
  ],
  ['sql.stream', anything, async ({ db }, it) => reached(allOf(db.sql.stream(it)))],
  ['sql.stream, values', batch({}), async ({ db }, it) => reached(allOf(db.sql.stream('select ? as value', it)))],
  [
    'sql.stream, options',
    garbage({ batchSize: 1, rowsAsArray: true, signal: PAGES.signal }),
    async ({ db }, it) => allOf(db.sql.stream('select 1 as one', [], it)),
  ],
  ['sql.callProcedure', anything, ({ db }, it) => reached(db.sql.callProcedure(it))],
  ['sql.callProcedure, arguments', batch({ out: '' }), ({ db }, it) => reached(db.sql.callProcedure('missing', it))],
  [
    'sql.callProcedure, options',
    garbage({ idempotent: true }),
    ({ db }, it) => reached(db.sql.callProcedure('missing', [], it)),
  ],
];

/** Each public method that takes something. None of these calls may write: an empty name is in each that could. */
export const GARBAGE_CALLS: readonly GarbageCall[] = CALLS.map(([name, inputs, call]) => ({
  name,
  garbage: inputs,
  call,
}));

/** An instance's options with garbage in them: those are refused as a configuration. */
export const garbageOptions = (url: string): fc.Arbitrary<unknown> => garbage({ url, pool: {}, retry: {} });

/**
 * Calls with so many inputs of a seed; throws with the smallest counterexample where one is received in another
 * way than it should be.
 *
 * @returns how many were refused; the others were no garbage after all
 */
export async function callWithGarbage(
  bench: GarbageBench,
  { garbage: inputs, call }: GarbageCall,
  runs: { readonly seed: number; readonly numRuns: number },
): Promise<number> {
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      refused += (await reception(bench, call, input)) === 'refused' ? 1 : 0;
    }),
    runs,
  );
  return refused;
}

async function reception(bench: GarbageBench, call: Call, input: unknown): Promise<Reception> {
  let result: unknown;
  try {
    result = await call(bench, input as never);
  } catch (error) {
    if (!isInvalidInputError(error)) {
      throw error;
    }
    if (error.issues.length === 0 || error.attempts !== 0) {
      throw new Error(`refused without saying why, or too late: ${error.message}`);
    }
    return 'refused';
  }
  if (result === 'refused') {
    return result;
  }
  const { rejected } = (result ?? {}) as Partial<WriteResult>;
  if (rejected === undefined) {
    return 'accepted';
  }
  const rows = Array.isArray(input) ? input.length : 0;
  if (rejected.length !== rows) {
    throw new Error(`${rejected.length} of ${rows} faulty rows were rejected`);
  }
  return rows > 0 ? 'refused' : 'accepted';
}

/** Writes one faulty row through a writer, which must report it and go on. */
async function written(writer: CandleWriter | RawTradeWriter, row: never): Promise<Reception> {
  let told = 0;
  writer.on('rejected', ({ issues }) => {
    told += issues.length > 0 ? 1 : 0;
  });
  if (row === null) {
    // a Writable of Node takes it for the end, and throws
    writer.destroy();
    return 'accepted';
  }
  writer.write(row);
  writer.end();
  await finished(writer);
  if (told !== 1 || writer.stats().rejected !== 1) {
    throw new Error(`a faulty row was reported ${told} times`);
  }
  return 'refused';
}
