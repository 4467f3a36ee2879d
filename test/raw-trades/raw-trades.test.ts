import { describe, expect, it } from '@jest/globals';
import type { MarketDataPoint, StoredRawTrade } from '../../src/index.ts';
import { deepFrozen } from '../support/deep-frozen.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, NEW_YEAR, point } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';

const STREAM = { symbol: 'BTC-USDT', dataType: 'trade' } as const;

onEveryDatabase('raw trades', (bench) => {
  const all = (): Promise<StoredRawTrade[]> => bench.db.rawTrades.getRawTrades({ ...STREAM, ...ALWAYS });

  describe('insertMarketDataPoint', () => {
    it('inserts a point and reads it back, whole and unchanged', async () => {
      const receivedAt = '2024-01-01T00:00:00.250Z';
      await expect(bench.db.rawTrades.insertMarketDataPoint(point(0, { receivedAt }))).resolves.toBe('inserted');
      await expect(all()).resolves.toEqual([
        {
          exchange: 'okx',
          symbol: 'BTC-USDT',
          dataType: 'trade',
          timestamp: new Date(NEW_YEAR),
          sourceId: 'trade-0',
          receivedAt: new Date(receivedAt),
          rawData: '{"px":"42000.1", "sz":"0.5", "n":0}',
        },
      ]);
    });

    it('keeps the stored point when one with its key comes again, whatever it holds', async () => {
      await bench.db.rawTrades.insertMarketDataPoint(point(0));
      const before = await all();
      await expect(bench.db.rawTrades.insertMarketDataPoint(point(0, { payload: '{}' }))).resolves.toBe('unchanged');
      await expect(all()).resolves.toEqual(before);
    });

    it.each([
      ['symbol', { symbol: 'btc-usdt' }],
      ['exchange', { exchange: 'OKX' }],
      ['data type', { dataType: 'Trade' }],
      ['timestamp', { timestamp: NEW_YEAR + 1 }],
      ['source id', { sourceId: 'TRADE-0' }],
    ])('takes a point of another %s for another point', async (_what, changes) => {
      await bench.db.rawTrades.insertMarketDataPoint(point(0));
      await expect(bench.db.rawTrades.insertMarketDataPoint(point(0, changes))).resolves.toBe('inserted');
    });

    it('stamps the arrival by this clock where none is given', async () => {
      const before = Date.now();
      await bench.db.rawTrades.insertMarketDataPoint(point(0));
      const receivedAt = (await all())[0]?.receivedAt.getTime();
      expect(receivedAt).toBeGreaterThanOrEqual(before);
      expect(receivedAt).toBeLessThanOrEqual(Date.now());
    });
  });

  describe('insertRawWebsocketData', () => {
    it('takes the time of arrival where the message has none, and makes an id of its own', async () => {
      const message = { ...STREAM, rawData: '[1]' };
      await expect(bench.db.rawTrades.insertRawWebsocketData(message)).resolves.toBe('inserted');
      await expect(bench.db.rawTrades.insertRawWebsocketData(message)).resolves.toBe('inserted');
      const [first, second] = await all();
      expect(first?.timestamp).toEqual(first?.receivedAt);
      expect(first?.sourceId).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[\da-f]{4}-[\da-f]{12}$/);
      expect(first?.sourceId).not.toBe(second?.sourceId);
    });

    it('makes ids that sort in the order in which they were made', async () => {
      const receivedAt = NEW_YEAR;
      for (let n = 0; n < 20; n += 1) {
        await bench.db.rawTrades.insertRawWebsocketData({ ...STREAM, receivedAt, rawData: String(n) });
      }
      expect((await all()).map(({ rawData }) => Number(rawData))).toEqual(Array.from({ length: 20 }, (_, n) => n));
    });

    it('takes the times that are given', async () => {
      const times = { timestamp: NEW_YEAR + 5, receivedAt: NEW_YEAR + 9 };
      await bench.db.rawTrades.insertRawWebsocketData({ ...STREAM, ...times, sourceId: '1', rawData: null });
      await expect(all()).resolves.toMatchObject([
        { timestamp: new Date(NEW_YEAR + 5), receivedAt: new Date(NEW_YEAR + 9), rawData: 'null' },
      ]);
    });
  });

  describe('insertMany', () => {
    it('counts what is new and what is stored already', async () => {
      await bench.db.rawTrades.insertMany([point(0), point(1)]);
      await expect(bench.db.rawTrades.insertMany([point(1), point(2), point(3)])).resolves.toEqual({
        inserted: 2,
        updated: 0,
        unchanged: 1,
        rejected: [],
      });
    });

    it('keeps the first of two points with one key', async () => {
      const batch = [point(0, { payload: '1' }), point(1), point(0, { payload: '2' })];
      await expect(bench.db.rawTrades.insertMany(batch)).resolves.toMatchObject({ inserted: 2, unchanged: 1 });
      await expect(all()).resolves.toMatchObject([{ rawData: '1' }, { sourceId: 'trade-1' }]);
    });

    it('writes some thousands, exactly, and again without a change', async () => {
      const batch = Array.from({ length: 4_321 }, (_, index) => point(index % 1_000, { sourceId: `t${index}` }));
      await expect(bench.db.rawTrades.insertMany(batch)).resolves.toMatchObject({ inserted: 4_321, unchanged: 0 });
      await expect(bench.db.rawTrades.insertMany(batch.toReversed())).resolves.toMatchObject({ unchanged: 4_321 });
      await expect(storedRows(bench.database)).resolves.toMatchObject({ rawTrades: 4_321 });
    });

    it('stores the others and reports a faulty one by its index', async () => {
      const batch = [point(0), point(1, { payload: '{' }), point(2), point(3, { symbol: ' x' })];
      const result = await bench.db.rawTrades.insertMany(batch);
      expect(result).toMatchObject({ inserted: 2, updated: 0, unchanged: 0 });
      expect(result.rejected).toMatchObject([
        { index: 1, issues: [{ path: '[1].payload', expected: 'JSON text' }] },
        { index: 3, issues: [{ path: '[3].symbol' }] },
      ]);
      expect((await all()).map(({ sourceId }) => sourceId)).toEqual(['trade-0', 'trade-2']);
    });

    it('stores nothing of an atomic batch with a faulty one', async () => {
      const batch = [point(0), point(1, { payload: '{' })];
      const error = await failureOf(bench.db.rawTrades.insertMany(batch, { atomic: true }));
      expect(error).toMatchObject({ kind: 'invalid-input', issues: [{ path: '[1].payload' }] });
      await expect(all()).resolves.toEqual([]);
    });

    it('takes back what was read, as it is', async () => {
      await bench.db.rawTrades.insertMany([point(0), point(1)]);
      const read = await all();
      await expect(bench.db.rawTrades.insertMany(read)).resolves.toMatchObject({ inserted: 0, unchanged: 2 });
      await bench.database.sql('delete from raw_trades');
      await bench.db.rawTrades.insertMany(read);
      await expect(all()).resolves.toEqual(read);
    });

    it('takes frozen objects and leaves them as they are', async () => {
      const batch = deepFrozen([point(0, { payload: { list: [1, { a: null }] } }), point(1, { payload: '!' })]);
      const copy = structuredClone(batch);
      await bench.db.rawTrades.insertMany(batch);
      expect(batch).toEqual(copy);
    });

    it('is done with them when the call returns: changing them meanwhile changes nothing', async () => {
      const payload = { px: '1' };
      const writing = bench.db.rawTrades.insertMany([point(0, { payload })]);
      payload.px = '2';
      await writing;
      await expect(all()).resolves.toMatchObject([{ rawData: '{"px":"1"}' }]);
    });
  });

  describe('getRawTrades', () => {
    it('reads a half-open range by time and then by source id', async () => {
      const batch: MarketDataPoint[] = [
        point(2),
        point(1, { sourceId: 'b' }),
        point(1, { sourceId: 'a' }),
        point(1, { sourceId: 'B' }),
        point(0),
        point(3),
        point(1, { dataType: 'ticker' }),
        point(1, { exchange: 'binance' }),
        point(1, { symbol: 'ETH-USDT' }),
      ];
      await bench.db.rawTrades.insertMany(batch);
      const range = { ...STREAM, startTime: NEW_YEAR + 1, endTime: NEW_YEAR + 3 };

      const read = await bench.db.rawTrades.getRawTrades(range);
      expect(read.map(({ sourceId }) => sourceId)).toEqual(['B', 'a', 'b', 'trade-2']);
      await expect(bench.db.rawTrades.getRawTrades({ ...range, limit: 2 })).resolves.toEqual(read.slice(0, 2));
      await expect(bench.db.rawTrades.getRawTrades({ ...range, exchange: 'binance' })).resolves.toHaveLength(1);
      await expect(bench.db.rawTrades.getRawTrades({ ...range, dataType: 'none' })).resolves.toEqual([]);
      await expect(bench.db.rawTrades.getRawTrades({ ...range, endTime: range.startTime })).resolves.toEqual([]);
    });
  });
});
