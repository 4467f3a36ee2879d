import { describe, expect, it } from '@jest/globals';
import { type DatabaseOperations, isInvalidInputError } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { expectRefused, type Fault, throwing } from '../support/refused.ts';
import { candle, NEW_YEAR, point } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';
import { allOf } from '../support/streamed.ts';

type Call = (db: DatabaseOperations, input: never) => Promise<unknown>;

const SERIES = { symbol: 'BTC-USDT', timeframe: '1m' };
const STREAM = { symbol: 'BTC-USDT', dataType: 'trade' };
const RANGE = { startTime: NEW_YEAR, endTime: NEW_YEAR + 60_000 };

const NO_OBJECT: readonly Fault[] = [
  ['null', null, ''],
  ['a text', 'BTC-USDT', ''],
  ['a list', [SERIES], ''],
  ['an unknown field', { ...SERIES, ...RANGE, extra: 1 }, 'extra', /no such field/],
];
const FAULTY_RANGE: readonly Fault[] = [
  ['an end before the start', { startTime: NEW_YEAR, endTime: NEW_YEAR - 1 }, 'endTime', /not before startTime \(2024/],
  ['a start in seconds', { ...RANGE, startTime: 1_704_067_200 }, 'startTime', /seconds/],
  ['an end in microseconds', { ...RANGE, endTime: 1_704_067_200_000_000 }, 'endTime', /microseconds/],
  ['a start without zone', { ...RANGE, startTime: '2024-01-01 00:00:00' }, 'startTime', /zone/],
  ['a date that does not exist', { ...RANGE, endTime: '2023-02-29T00:00:00Z' }, 'endTime', /a date that exists/],
];
const NO_RANGE: readonly Fault[] = [
  ['no start', { endTime: NEW_YEAR }, 'startTime', /received nothing/],
  ['no end', { startTime: NEW_YEAR }, 'endTime', /received nothing/],
  ['an end that is null', { ...RANGE, endTime: null }, 'endTime', /received null/],
];
const FAULTY_SERIES: readonly Fault[] = [
  ['no symbol', { ...RANGE, timeframe: '1m' }, 'symbol'],
  ['no timeframe', { ...RANGE, symbol: 'BTC-USDT' }, 'timeframe'],
  ['an unknown timeframe', { ...RANGE, ...SERIES, timeframe: '60' }, 'timeframe', /one of the timeframes/],
  ['an empty exchange', { ...RANGE, ...SERIES, exchange: '' }, 'exchange'],
  ['a symbol that throws', throwing({ ...RANGE, ...SERIES }, 'symbol'), '', /throws when it is read/],
];
const FAULTY_LIMIT: readonly Fault[] = [
  ['limit 0', { limit: 0 }, 'limit', /at least 1/],
  ['a limit below nought', { limit: -1 }, 'limit', /at least 1/],
  ['half a limit', { limit: 0.5 }, 'limit', /a whole number of rows/],
  ['a limit as text', { limit: '10' }, 'limit'],
  ['a limit that is no safe number', { limit: 2 ** 53 }, 'limit'],
];

const FAULTY_STREAM: readonly Fault[] = [
  ...FAULTY_LIMIT,
  ['another mode', { mode: 'cursor' }, 'mode', /'pages' or 'snapshot'/],
  ['a mode that is null', { mode: null }, 'mode'],
  ['pages of no rows', { pageRows: 0 }, 'pageRows', /at least 1/],
  ['pages of half a row', { pageRows: 0.5 }, 'pageRows', /a whole number of rows/],
  ['pages of too many rows', { pageRows: 100_001 }, 'pageRows', /at most 100000/],
  ['pages of rows as text', { pageRows: '10' }, 'pageRows'],
  ['a signal that is none', { signal: { aborted: false } }, 'signal', /an AbortSignal/],
  ['an option of a stream of Node', { highWaterMark: 16 }, 'highWaterMark', /no such field/],
];

const onto = (base: object, faults: readonly Fault[]): Fault[] =>
  faults.map(([what, fields, path, says]): Fault => [what, { ...base, ...(fields as object) }, path, says ?? /./]);

const TABLES: readonly (readonly [operation: string, call: Call, faults: readonly Fault[]])[] = [
  [
    'marketData.getCandles',
    (db, query) => db.marketData.getCandles(query),
    [
      ['nothing', undefined, ''],
      ...NO_OBJECT,
      ...FAULTY_SERIES,
      ...onto(SERIES, [...FAULTY_RANGE, ...NO_RANGE]),
      ...onto({ ...SERIES, ...RANGE }, FAULTY_LIMIT),
      ['another order', { ...SERIES, ...RANGE, order: 'ASC' }, 'order', /'asc' or 'desc'/],
      ['closedOnly as text', { ...SERIES, ...RANGE, closedOnly: 'true' }, 'closedOnly', /true or false/],
    ],
  ],
  [
    'marketData.getCandleColumns',
    (db, query) => db.marketData.getCandleColumns(query),
    [
      ['nothing', undefined, ''],
      ...NO_OBJECT,
      ...FAULTY_SERIES,
      ...onto(SERIES, [...FAULTY_RANGE, ...NO_RANGE]),
      ...onto({ ...SERIES, ...RANGE }, FAULTY_LIMIT),
      ['another order', { ...SERIES, ...RANGE, order: 'ASC' }, 'order', /'asc' or 'desc'/],
      ['columns', { ...SERIES, ...RANGE, columns: ['close'] }, 'columns', /no such field/],
      ['pages', { ...SERIES, ...RANGE, pageRows: 10 }, 'pageRows', /no such field/],
    ],
  ],
  [
    'marketData.streamCandles',
    (db, query) => allOf(db.marketData.streamCandles(query)),
    [
      ['nothing', undefined, ''],
      ...NO_OBJECT,
      ...FAULTY_SERIES,
      ...onto(SERIES, [...FAULTY_RANGE, ...NO_RANGE]),
      ...onto({ ...SERIES, ...RANGE }, FAULTY_STREAM),
      ['another order', { ...SERIES, ...RANGE, order: 'ASC' }, 'order', /'asc' or 'desc'/],
      ['closedOnly as text', { ...SERIES, ...RANGE, closedOnly: 'true' }, 'closedOnly', /true or false/],
    ],
  ],
  [
    'marketData.getLatestCandle',
    (db, query) => db.marketData.getLatestCandle(query),
    [
      ['nothing', undefined, ''],
      ...NO_OBJECT,
      ['no symbol', { timeframe: '1m' }, 'symbol'],
      ['a range', { ...SERIES, ...RANGE }, 'startTime', /no such field/],
    ],
  ],
  [
    'marketData.countCandles',
    (db, query) => db.marketData.countCandles(query),
    [
      ...NO_OBJECT,
      ...onto(SERIES, FAULTY_RANGE),
      ['an empty symbol', { symbol: '' }, 'symbol'],
      ['a limit', { limit: 1 }, 'limit', /no such field/],
    ],
  ],
  [
    'marketData.deleteCandles',
    (db, range) => db.marketData.deleteCandles(range),
    [
      ['nothing', undefined, ''],
      ...NO_OBJECT,
      ...FAULTY_SERIES,
      ...onto(SERIES, [...FAULTY_RANGE, ...NO_RANGE]),
      ['a limit', { ...SERIES, ...RANGE, limit: 1 }, 'limit', /no such field/],
    ],
  ],
  [
    'rawTrades.getRawTrades',
    (db, query) => db.rawTrades.getRawTrades(query),
    [
      ['nothing', undefined, ''],
      ...NO_OBJECT,
      ['no data type', { symbol: 'BTC-USDT', ...RANGE }, 'dataType'],
      ...onto(STREAM, [...FAULTY_RANGE, ...NO_RANGE]),
      ...onto({ ...STREAM, ...RANGE }, FAULTY_LIMIT),
    ],
  ],
  [
    'rawTrades.streamRawTrades',
    (db, query) => allOf(db.rawTrades.streamRawTrades(query)),
    [
      ['nothing', undefined, ''],
      ...NO_OBJECT,
      ['no data type', { symbol: 'BTC-USDT', ...RANGE }, 'dataType'],
      ...onto(STREAM, [...FAULTY_RANGE, ...NO_RANGE]),
      ...onto({ ...STREAM, ...RANGE }, FAULTY_STREAM),
      ['an order', { ...STREAM, ...RANGE, order: 'asc' }, 'order', /no such field/],
    ],
  ],
  [
    'rawTrades.cleanupOldRawData',
    (db, query) => db.rawTrades.cleanupOldRawData(query),
    [
      ['nothing', undefined, ''],
      ...NO_OBJECT,
      ['no time', {}, 'olderThan', /received nothing/],
      ['days', { olderThan: 30 * 86_400 * 1_000 }, 'olderThan', /seconds/],
      ['an empty data type', { olderThan: NEW_YEAR, dataType: '' }, 'dataType'],
      ['dryRun as text', { olderThan: NEW_YEAR, dryRun: 'yes' }, 'dryRun', /true or false/],
      ['an unknown option', { olderThan: NEW_YEAR, dryrun: true }, 'dryrun', /no such field/],
    ],
  ],
  [
    'marketData.upsertCandle',
    (db, forceUpdate) => db.marketData.upsertCandle(candle(5), forceUpdate),
    [
      ["forceUpdate 'yes'", 'yes', '', /true, false or 'unless-closed'/],
      ['forceUpdate 1', 1, ''],
      ['forceUpdate null', null, ''],
      ['options', { forceUpdate: true }, ''],
    ],
  ],
  [
    'marketData.upsertCandles',
    (db, options) => db.marketData.upsertCandles([candle(5)], options),
    [
      ["forceUpdate 'yes'", { forceUpdate: 'yes' }, 'forceUpdate', /true, false or 'unless-closed'/],
      ['true for options', true, '', /the options of a write/],
      ['null for options', null, '', /the options of a write/],
      ['an unknown option', { force: true }, 'force', /no such field/],
      ['atomic as text', { atomic: 'no' }, 'atomic', /true or false/],
    ],
  ],
  [
    'marketData.upsertCandles',
    (db, batch) => db.marketData.upsertCandles(batch),
    [
      ['nothing for a batch', undefined, '', /an array/],
      ['null for a batch', null, '', /an array; received null/],
      ['a candle for a batch', candle(5), '', /an array/],
      ['a set for a batch', new Set([candle(5)]), '', /an array/],
      ['a text for a batch', 'abc', '', /an array/],
    ],
  ],
  [
    'rawTrades.insertMany',
    (db, batch) => db.rawTrades.insertMany(batch),
    [
      ['nothing for a batch', undefined, '', /an array/],
      ['a point for a batch', point(5), '', /an array/],
    ],
  ],
  [
    'rawTrades.insertMany',
    (db, options) => db.rawTrades.insertMany([point(5)], options),
    [
      ['null for options', null, ''],
      ['forceUpdate', { forceUpdate: true }, 'forceUpdate', /no such field/],
      ['atomic as a number', { atomic: 1 }, 'atomic'],
    ],
  ],
  [
    'transaction',
    (db, options) => db.transaction((tx) => tx.marketData.upsertCandle(candle(5)), options),
    [
      ['null for options', null, ''],
      ['an unknown level', { isolationLevel: 'snapshot' }, 'isolationLevel', /one of read uncommitted/],
      ['readOnly as text', { readOnly: 'no' }, 'readOnly'],
      ['an unknown option', { readonly: true }, 'readonly', /no such field/],
    ],
  ],
  [
    'transaction',
    (db, work) => db.transaction(work),
    [
      ['no function', undefined, 'fn', /a function/],
      ['a promise for a function', Promise.resolve(), 'fn', /a function/],
    ],
  ],
  [
    'close',
    (db, options) => db.close(options),
    [
      ['null for options', null, ''],
      ['force as text', { force: 'yes' }, 'force', /true or false/],
      ['an unknown option', { forced: true }, 'forced', /no such field/],
    ],
  ],
];

onEveryDatabase('a faulty argument', (bench) => {
  describe.each(TABLES)('of %s is refused:', (operation, call, faults) => {
    it.each(faults)('%s', async (...fault) => {
      await bench.db.marketData.upsertCandle(candle());
      await bench.db.rawTrades.insertMarketDataPoint(point());
      await expectRefused(bench, operation, async () => call(bench.db, fault[1] as never), fault[1], fault);
    });
  });

  it.each<[what: string, batch: () => unknown]>([
    [
      'whose element throws when it is read',
      () => Object.defineProperty([candle(0)], 1, { enumerable: true, get: () => fail() }),
    ],
    ['that is a revoked proxy', () => revoked([])],
    ['of a revoked proxy', () => [candle(0), revoked({})]],
  ])('of a batch fails in no other way, with one %s', async (_what, batch) => {
    const outcome = await bench.db.marketData.upsertCandles(batch() as never).catch((error: unknown) => error);
    if (isInvalidInputError(outcome)) {
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 0 });
    } else {
      expect(outcome).toMatchObject({ inserted: 1, rejected: [{ index: 1 }] });
    }
  });

  it.each<Fault>([
    ['an interval of nought', { intervalMs: 0 }, 'intervalMs', /at least 1/],
    ['half a millisecond', { intervalMs: 0.5 }, 'intervalMs', /whole number/],
    ['more than a timer takes', { intervalMs: 2 ** 31 }, 'intervalMs', /at most 2147483647/],
    ['a signal that is none', { signal: {} }, 'signal', /an AbortSignal/],
    ['null for options', null, ''],
  ])('of watchHealth is refused: %s', async (...fault) => {
    const watch = async (): Promise<unknown> => bench.db.watchHealth(fault[1] as object).next();
    await expectRefused(bench, 'watchHealth', watch, fault[1], fault);
  });

  it('of close leaves the instance open', async () => {
    await bench.db.close({ force: 'yes' as never }).catch(() => undefined);
    await expect(bench.db.healthCheck()).resolves.toBe(true);
  });
});

function fail(): never {
  throw new Error('read');
}

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}
