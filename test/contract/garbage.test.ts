import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type DatabaseOperations,
  isConfigurationError,
  isInvalidInputError,
  type WriteResult,
} from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot, candle, NEW_YEAR, point } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';
import { allOf } from '../support/streamed.ts';

const RUNS = { seed: 20_240_101, numRuns: 1_000 };

/** Whatever JavaScript can put together. */
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
const nearly = (object: object): fc.Arbitrary<unknown> => {
  const fields = Object.entries(object).flatMap(([field, value]) => (value === '' ? [] : [field]));
  return fc
    .dictionary(fc.constantFrom(...fields, '__proto__', 'extra'), anything, { minKeys: 1, maxKeys: 3 })
    .map((changes) => ({ ...object, ...changes }));
};

const garbage = (object: object): fc.Arbitrary<unknown> => fc.oneof(anything, nearly(object));

const batch = (object: object): fc.Arbitrary<unknown> =>
  fc.oneof(anything, fc.array(garbage(object), { maxLength: 5 }));

type Call = (db: DatabaseOperations, input: never) => Promise<unknown>;
const RANGE = { symbol: 'BTC-USDT', startTime: NEW_YEAR, endTime: NEW_YEAR + 1 };
const SERIES = { ...RANGE, timeframe: '1m', exchange: 'okx' };
const PAGES = { mode: 'snapshot', pageRows: 1, signal: new AbortController().signal };

/** Each method with the garbage it is given. None of these calls may write: an empty name is in each that could. */
const METHODS: readonly (readonly [method: string, garbage: fc.Arbitrary<unknown>, call: Call])[] = [
  ['upsertCandle', garbage({ ...candle(), symbol: '' }), (db, it) => db.marketData.upsertCandle(it)],
  ['upsertCandle, forceUpdate', anything, (db, it) => db.marketData.upsertCandle({ ...candle(), symbol: '' }, it)],
  ['upsertCandles', batch({ ...candle(), symbol: '' }), (db, it) => db.marketData.upsertCandles(it)],
  ['upsertCandles, options', garbage({ forceUpdate: true }), (db, it) => db.marketData.upsertCandles([], it)],
  ['getCandles', garbage({ ...SERIES, limit: 1, order: 'asc' }), (db, it) => db.marketData.getCandles(it)],
  ['getCandleColumns', garbage({ ...SERIES, limit: 1 }), (db, it) => db.marketData.getCandleColumns(it)],
  ['streamCandles', garbage({ ...SERIES, ...PAGES }), async (db, it) => allOf(db.marketData.streamCandles(it))],
  ['getLatestCandle', garbage({ symbol: 'a', timeframe: '1m' }), (db, it) => db.marketData.getLatestCandle(it)],
  ['countCandles', garbage(SERIES), (db, it) => db.marketData.countCandles(it)],
  ['deleteCandles', garbage(SERIES), (db, it) => db.marketData.deleteCandles(it)],
  ['insertMarketDataPoint', garbage({ ...point(), symbol: '' }), (db, it) => db.rawTrades.insertMarketDataPoint(it)],
  ['insertRawWebsocketData', garbage({ ...point(), symbol: '' }), (db, it) => db.rawTrades.insertRawWebsocketData(it)],
  ['insertMany', batch({ ...point(), symbol: '' }), (db, it) => db.rawTrades.insertMany(it)],
  ['insertMany, options', garbage({ atomic: true }), (db, it) => db.rawTrades.insertMany([], it)],
  ['getRawTrades', garbage({ ...RANGE, dataType: 'trade' }), (db, it) => db.rawTrades.getRawTrades(it)],
  [
    'streamRawTrades',
    garbage({ ...RANGE, dataType: 'trade', ...PAGES }),
    async (db, it) => allOf(db.rawTrades.streamRawTrades(it)),
  ],
  ['cleanupOldRawData', garbage({ olderThan: NEW_YEAR }), (db, it) => db.rawTrades.cleanupOldRawData(it)],
  ['add', garbage({ ...bot(), strategyName: '' }), (db, it) => db.bots.add(it)],
  ['getById', anything, (db, it) => db.bots.getById(it)],
  ['getByName', anything, (db, it) => db.bots.getByName(it)],
  ['list', garbage({ status: 'active' }), (db, it) => db.bots.list(it)],
  ['update', garbage({ status: 'active' }), (db, it) => db.bots.update(1, it)],
  ['update, id', anything, (db, it) => db.bots.update(it, { status: 'active' })],
  ['update, options', anything, (db, it) => db.bots.update(1, { status: 'active' }, it)],
  ['delete', anything, (db, it) => db.bots.delete(it)],
  ['recordHeartbeat', anything, (db, it) => db.bots.recordHeartbeat(it)],
  ['recordHeartbeat, time', anything, (db, it) => db.bots.recordHeartbeat(1, it)],
  ['findStale', anything, (db, it) => db.bots.findStale(it)],
  ['transaction', anything, (db, it) => db.transaction(it)],
  ['transaction, options', garbage({ readOnly: true }), (db, it) => db.transaction(async () => undefined, it)],
  ['watchHealth', garbage({ intervalMs: 1 }), async (db, it) => db.watchHealth(it).return()],
];

onEveryDatabase('whatever comes in', (bench) => {
  it.each(METHODS)('is refused by %s as invalid input, or does no harm', async (_method, input, call) => {
    await fc.assert(
      fc.asyncProperty(input, async (value) => {
        try {
          const result = await call(bench.db, value as never);
          const { rejected } = (result ?? {}) as Partial<WriteResult>;
          if (rejected !== undefined) {
            expect(rejected).toHaveLength(Array.isArray(value) ? value.length : 0);
          }
        } catch (error) {
          if (!isInvalidInputError(error)) {
            throw error;
          }
          expect(error.issues.length).toBeGreaterThan(0);
          expect(error.attempts).toBe(0);
        }
      }),
      RUNS,
    );
    const { marketData, rawTrades, bots } = await storedRows(bench.database);
    expect(marketData + rawTrades + bots).toBe(0);
    await expect(bench.db.healthCheck()).resolves.toBe(true);
  });

  it('is refused as a setting by the kind of a configuration, or makes an instance that opens nothing', async () => {
    await fc.assert(
      fc.asyncProperty(garbage({ url: bench.database.url, pool: {}, retry: {} }), async (options) => {
        try {
          const db = bench.instance(options as object);
          expect(db.pool.size).toBe(0);
        } catch (error) {
          if (!isConfigurationError(error)) {
            throw error;
          }
        }
      }),
      RUNS,
    );
  });
});
