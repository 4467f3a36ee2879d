import { beforeEach, describe, expect, it } from '@jest/globals';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { NEW_YEAR, point } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';

onEveryDatabase('raw data', (bench) => {
  const rows = async (): Promise<number> => (await storedRows(bench.database)).rawTrades;

  describe('cleanupOldRawData', () => {
    beforeEach(async () => {
      await bench.db.rawTrades.insertMany([
        point(0),
        point(1),
        point(2),
        point(0, { dataType: 'ticker' }),
        point(5, { dataType: 'ticker' }),
        point(0, { exchange: 'binance', symbol: '币' }),
        point(9, { exchange: 'binance', symbol: '币' }),
      ]);
    });

    it('removes what is earlier than the time, of every exchange and data type', async () => {
      await expect(bench.db.rawTrades.cleanupOldRawData({ olderThan: NEW_YEAR + 2 })).resolves.toEqual({
        matched: 4,
        deleted: 4,
        dryRun: false,
      });
      const { series } = await bench.db.rawTrades.getRawDataStats();
      expect(series.map(({ dataType, oldest }) => [dataType, oldest.getTime() - NEW_YEAR])).toEqual([
        ['trade', 9],
        ['ticker', 5],
        ['trade', 2],
      ]);
    });

    it('removes of one data type alone when asked to', async () => {
      const query = { olderThan: new Date(NEW_YEAR + 9), dataType: 'ticker' };
      await expect(bench.db.rawTrades.cleanupOldRawData(query)).resolves.toMatchObject({ matched: 2, deleted: 2 });
      await expect(rows()).resolves.toBe(5);
    });

    it.each([
      ['an exchange', { exchange: 'binance' }, 2],
      ['a symbol, on every exchange', { symbol: 'BTC-USDT' }, 5],
      ['an exchange and a symbol that it does not have', { exchange: 'binance', symbol: 'BTC-USDT' }, 0],
      ['all three', { exchange: 'okx', symbol: 'BTC-USDT', dataType: 'trade' }, 3],
    ])('removes of %s alone when asked to, also in a dry run', async (_what, names, matched) => {
      const query = { olderThan: NEW_YEAR + 60_000, ...names };
      await expect(bench.db.rawTrades.cleanupOldRawData({ ...query, dryRun: true })).resolves.toMatchObject({
        matched,
      });
      await expect(rows()).resolves.toBe(7);
      await expect(bench.db.rawTrades.cleanupOldRawData(query)).resolves.toMatchObject({ matched, deleted: matched });
      await expect(rows()).resolves.toBe(7 - matched);
    });

    it('counts and removes nothing in a dry run', async () => {
      const query = { olderThan: NEW_YEAR + 2, dryRun: true };
      await expect(bench.db.rawTrades.cleanupOldRawData(query)).resolves.toEqual({
        matched: 4,
        deleted: 0,
        dryRun: true,
      });
      await expect(rows()).resolves.toBe(7);
    });

    it('finds nothing to do where nothing is old', async () => {
      await expect(bench.db.rawTrades.cleanupOldRawData({ olderThan: NEW_YEAR })).resolves.toMatchObject({
        matched: 0,
      });
      await expect(rows()).resolves.toBe(7);
    });

    it('removes more than one slice of rows', async () => {
      const many = Array.from({ length: 10_001 }, (_, index) => point(index, { symbol: 'MANY', payload: '1' }));
      await bench.db.rawTrades.insertMany(many);
      await expect(bench.db.rawTrades.cleanupOldRawData({ olderThan: NEW_YEAR + 10_000 })).resolves.toMatchObject({
        deleted: 10_007,
      });
      await expect(rows()).resolves.toBe(1);
    });
  });

  describe('getRawDataStats', () => {
    it('is empty where nothing is stored', async () => {
      await expect(bench.db.rawTrades.getRawDataStats()).resolves.toEqual({
        count: 0,
        oldest: null,
        newest: null,
        series: [],
      });
    });

    it('counts each stream with its first and last time, in the order of the key', async () => {
      await bench.db.rawTrades.insertMany([
        point(3),
        point(1),
        point(7, { dataType: 'ticker' }),
        point(2, { symbol: 'btc-usdt' }),
        point(5, { exchange: 'binance' }),
      ]);
      const at = (index: number): Date => new Date(NEW_YEAR + index);
      await expect(bench.db.rawTrades.getRawDataStats()).resolves.toEqual({
        count: 5,
        oldest: at(1),
        newest: at(7),
        series: [
          { exchange: 'binance', symbol: 'BTC-USDT', dataType: 'trade', count: 1, oldest: at(5), newest: at(5) },
          { exchange: 'okx', symbol: 'BTC-USDT', dataType: 'ticker', count: 1, oldest: at(7), newest: at(7) },
          { exchange: 'okx', symbol: 'BTC-USDT', dataType: 'trade', count: 2, oldest: at(1), newest: at(3) },
          { exchange: 'okx', symbol: 'btc-usdt', dataType: 'trade', count: 1, oldest: at(2), newest: at(2) },
        ],
      });
    });
  });
});
