import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { faultOfNode } from '../../src/config/node-version.ts';
import { nearestName } from '../../src/errors/nearest-name.ts';
import {
  DatabaseOperations,
  type DatabaseOptions,
  getDatabaseOperations,
  isDatabaseOperationError,
  withEnvironment,
} from '../../src/index.ts';
import { bot, candle, point, SERIES } from '../support/samples.ts';

/** The message of a call that is refused before anything is sent. */
async function saidOf(call: (db: DatabaseOperations) => unknown): Promise<string> {
  await using db = new DatabaseOperations({ url: 'sqlite::memory:' });
  try {
    await call(db);
  } catch (error) {
    if (isDatabaseOperationError(error) && ['invalid-input', 'configuration'].includes(error.kind)) {
      return error.message;
    }
    throw error;
  }
  throw new Error('it was not refused');
}

const options = (given: object) => new DatabaseOperations(given as DatabaseOptions);
const HOUR = { startTime: 0, endTime: 3_600_000 };

describe('the error for an unknown name suggests the nearest known one', () => {
  it.each<[what: string, call: (db: DatabaseOperations) => unknown, said: string]>([
    ['ulr', () => options({ ulr: 'mysql://u:secret@h/n' }), 'ulr: expected no such option (did you mean url?)'],
    ['ssl', () => options({ ssl: true }), '(did you mean tls?)'],
    ['user_name', () => options({ user_name: 'secret' }), '(did you mean user?)'],
    ['minsize', () => options({ minsize: 1 }), '(did you mean pool.min?)'],
    ['pool.maxSize', () => options({ pool: { maxSize: 1 } }), 'pool.maxSize: expected no such option'],
    ['acquireTimeoutMs', () => options({ acquireTimeoutMs: 1 }), '(did you mean pool.acquireTimeoutMs?)'],
    [
      'tls.veryfy',
      () => options({ tls: { veryfy: false } }),
      'tls.veryfy: expected no such option (did you mean verify?)',
    ],
    ['retry.outage.atempts', () => options({ retry: { outage: { atempts: 1 } } }), '(did you mean attempts?)'],
    ['getDatabaseOperations', () => getDatabaseOperations({ ulr: 'x' } as never), '(did you mean url?)'],
    [
      'a candle',
      (db) => db.marketData.upsertCandle({ ...candle(), openTime: 1 } as never),
      '(did you mean startTime?)',
    ],
    [
      'candles',
      (db) => db.marketData.upsertCandles([{ ...candle(), vol: 1 }] as never, { atomic: true }),
      '[0].vol: expected no such field (did you mean volume?)',
    ],
    [
      'options',
      (db) => db.marketData.upsertCandles([candle()], { force_update: true } as never),
      '(did you mean forceUpdate?)',
    ],
    [
      'a point',
      (db) => db.rawTrades.insertMarketDataPoint({ ...point(), payload: undefined, data: {} } as never),
      '(did you mean payload?)',
    ],
    ['a bot', (db) => db.bots.add({ ...bot(), strategy: 'x' } as never), '(did you mean strategyName?)'],
    [
      'a query',
      (db) => db.marketData.getCandles({ ...SERIES, ...HOUR, closedonly: true } as never),
      '(did you mean closedOnly?)',
    ],
    ['a filter', (db) => db.bots.list({ statsu: 'active' } as never), '(did you mean status?)'],
    ['sql', (db) => db.sql.query('select 1', [], { rows_as_array: true } as never), '(did you mean rowsAsArray?)'],
    ['a writer', (db) => db.marketData.candleWriter({ flushInterval: 1 } as never), '(did you mean flushIntervalMs?)'],
    [
      'a spool',
      (db) => db.marketData.candleWriter({ spool: { dir: './x' } } as never),
      'spool.dir: expected no such field (did you mean directory?)',
    ],
    ['close', (db) => db.close({ forced: true } as never), '(did you mean force?)'],
  ])('%s', async (_what, call, said) => {
    const message = await saidOf(call);
    expect(message).toContain(said);
    expect(message).not.toContain('secret');
  });

  it('and none where none is near', () => {
    expect(nearestName('colour', ['url', 'host', 'pool.min'])).toBeUndefined();
    expect(nearestName('max', ['min', 'host'])).toBeUndefined();
    expect(nearestName('hasOwnProperty', ['url'])).toBeUndefined();
    expect(nearestName('u'.repeat(1_000_000), ['url'])).toBeUndefined();
    // either could be meant
    expect(nearestName('catt', ['cats', 'catx'])).toBeUndefined();
  });

  it('in a message of a length that can be read', async () => {
    const message = await saidOf((db) =>
      db.marketData.upsertCandle({ ...candle(), ['x'.repeat(1_000_000)]: 1 } as never),
    );
    expect(message.length).toBeLessThan(500);
  });
});

describe('what is passed in place of options is named', () => {
  class OwnLogger {
    debug(): void {}
    info(): void {}
    warn(): void {}
    error(): void {}
  }

  it.each<[what: string, call: (db: DatabaseOperations) => unknown, said: string]>([
    ['a logger', () => options(console), 'a logger is one of them: { logger }'],
    ['a logger of a class', () => options(new OwnLogger()), 'a logger is one of them: { logger }'],
    ['a logger beside the environment', () => withEnvironment({}, new OwnLogger() as never), '{ logger }'],
    ['a logger for a writer', (db) => db.marketData.candleWriter(console as never), 'no logger here'],
    ['a URL', () => options('mysql://u:secret@h/n' as never), "options, such as { url: 'mysql://…' }"],
    ['a host', () => getDatabaseOperations('localhost' as never), "options, such as { url: 'mysql://…' }"],
    ['null', () => options(null as never), 'an object of options'],
    ['null for the instance of the process', () => getDatabaseOperations(null as never), 'an object of options'],
    ['no environment', () => withEnvironment(undefined as never), "an object of variables, such as { DB_HOST: 'db' }"],
    ['null for an environment', () => withEnvironment(null as never, {}), 'an object of variables'],
    ['a text for an environment', () => withEnvironment('DB_HOST=h' as never, {}), 'an object of variables'],
    [
      'a symbol',
      (db) => Reflect.apply(db.marketData.getCandles, db.marketData, ['BTC-USDT', '1m']),
      'pass one object: { exchange, symbol, timeframe, priceType, startTime, endTime',
    ],
    [
      'a flag',
      (db) => db.marketData.upsertCandles([candle()], true as never),
      'pass one object: { forceUpdate, atomic }',
    ],
  ])('%s', async (_what, call, said) => {
    const message = await saidOf(call);
    expect(message).toContain(said);
    expect(message).not.toContain('secret');
  });
});

it('is named as well where the instance of the process is made already', async () => {
  await using _made = getDatabaseOperations({ url: 'sqlite::memory:' });
  await expect(saidOf(() => getDatabaseOperations(null as never))).resolves.toContain('an object of options');
});

describe('the error for a value of another form names the right one', () => {
  it.each<[what: string, call: (db: DatabaseOperations) => unknown, said: RegExp]>([
    [
      'digits as text',
      (db) => db.marketData.upsertCandle(candle(0, { startTime: '1704067200000' })),
      /startTime: expected epoch milliseconds as a number \(this is text: Number\(text\)\)/,
    ],
    [
      'a Buffer of ws',
      (db) => db.rawTrades.insertMarketDataPoint(point(0, { payload: Buffer.from('{}') as never })),
      /payload: expected text.* \(of the bytes .* their toString\(\)\), received 2 bytes/,
    ],
    [
      'an ArrayBuffer of ws',
      (db) => db.rawTrades.insertMarketDataPoint(point(0, { payload: new ArrayBuffer(2) as never })),
      /payload: expected text.* \(of the bytes/,
    ],
    [
      'fragments of ws',
      (db) => db.rawTrades.insertMarketDataPoint(point(0, { payload: [Buffer.from('{}')] as never })),
      /payload\[0\]: expected text.* \(of the bytes/,
    ],
    [
      'pool.max: 0',
      () => options({ pool: { max: 0 } }),
      /pool\.max: expected a whole number from 1 to 10000, received/,
    ],
  ])('%s', async (_what, call, said) => {
    expect(await saidOf(call)).toMatch(said);
  });
});

describe('Node.js', () => {
  it.each(['22.16.0', '20.20.2', '18.0.0', '22.2.17'])('%s is too old', (version) => {
    expect(faultOfNode(version)).toBe(`needs Node.js 22.17 or later, and this is ${version}; update it`);
  });

  it.each(['22.17.0', '22.17.0-nightly', '22.20.1', '24.0.0', '100.1.0'])('%s is new enough', (version) => {
    expect(faultOfNode(version)).toBeUndefined();
  });

  it('is looked at when the library is imported', async () => {
    const script = `
      const versions = { ...process.versions, node: '20.1.0' };
      Object.defineProperty(process, 'versions', { value: versions });
      await import(${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)});`;
    const run = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    await expect(run).rejects.toMatchObject({
      stderr: expect.stringContaining('tradestore: needs Node.js 22.17 or later, and this is 20.1.0; update it'),
    });
  });
});
