import { afterEach, describe, expect, it } from '@jest/globals';
import type { Candle, CandleInput } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, NEW_YEAR, SERIES } from '../support/samples.ts';
import { storedRows } from '../support/stored-rows.ts';

onEveryDatabase('batches of candles', (bench) => {
  const all = (): Promise<Candle[]> => bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS });
  const closes = async (): Promise<string[]> => (await all()).map(({ close }) => close);

  it('takes an empty batch for one with nothing to do', async () => {
    const nothing = { inserted: 0, updated: 0, unchanged: 0, rejected: [] };
    await expect(bench.db.marketData.upsertCandles([])).resolves.toEqual(nothing);
    await expect(bench.db.marketData.upsertCandles([], { atomic: true })).resolves.toEqual(nothing);
  });

  it('keeps what is stored by default', async () => {
    await bench.db.marketData.upsertCandle(candle(0, { close: '42001' }));
    await expect(bench.db.marketData.upsertCandles([candle(0), candle(1)])).resolves.toMatchObject({
      inserted: 1,
      updated: 0,
      unchanged: 1,
    });
    await expect(closes()).resolves.toEqual(['42001', '42005']);
  });

  it('writes a batch again without a change', async () => {
    const batch = Array.from({ length: 50 }, (_, minute) => candle(minute));
    await bench.db.marketData.upsertCandles(batch, { forceUpdate: true });
    const before = await all();
    await expect(bench.db.marketData.upsertCandles(batch, { forceUpdate: true })).resolves.toMatchObject({
      unchanged: 50,
    });
    await expect(all()).resolves.toEqual(before);
  });

  it('holds the candles of several series in one batch apart', async () => {
    const batch = ['A', 'B', 'a'].flatMap((symbol) => [candle(0, { symbol }), candle(0, { symbol, timeframe: '5m' })]);
    await expect(bench.db.marketData.upsertCandles(batch)).resolves.toMatchObject({ inserted: 6 });
  });

  it('takes names that hold what separates them elsewhere for different ones', async () => {
    const batch = [candle(0, { exchange: 'a\u0001b', symbol: 'c' }), candle(0, { exchange: 'a', symbol: 'b\u0001c' })];
    await expect(bench.db.marketData.upsertCandles(batch)).resolves.toMatchObject({ inserted: 2, unchanged: 0 });
    await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 2 });
  });

  describe('with two candles of one key', () => {
    it.each([false, true, 'unless-closed'] as const)('lets the last one win (forceUpdate %s)', async (forceUpdate) => {
      const batch = [candle(0, { close: '42001' }), candle(1), candle(0, { close: '42002' })];
      await expect(bench.db.marketData.upsertCandles(batch, { forceUpdate })).resolves.toEqual({
        inserted: 2,
        updated: 0,
        unchanged: 1,
        rejected: [],
      });
      await expect(closes()).resolves.toEqual(['42002', '42005']);
    });

    it('takes the same instant in two notations for one key', async () => {
      const batch = [candle(0, { close: '42001' }), candle(0, { startTime: '2024-01-01T01:00:00+01:00' })];
      await expect(bench.db.marketData.upsertCandles(batch)).resolves.toMatchObject({ inserted: 1, unchanged: 1 });
      await expect(closes()).resolves.toEqual(['42005']);
    });

    it("lets the last closed one win with 'unless-closed'", async () => {
      const batch = [
        candle(0, { close: '42001', closed: false }),
        candle(0, { close: '42002', closed: true }),
        candle(0, { close: '42003', closed: true }),
        candle(0, { close: '42004', closed: false }),
      ];
      await expect(bench.db.marketData.upsertCandles(batch, { forceUpdate: 'unless-closed' })).resolves.toMatchObject({
        inserted: 1,
        unchanged: 3,
      });
      await expect(all()).resolves.toMatchObject([{ close: '42003', closed: true }]);
    });

    it('lets an open one that comes last reopen the candle when forced', async () => {
      const batch = [candle(0, { closed: true }), candle(0, { close: '42004', closed: false })];
      await bench.db.marketData.upsertCandles(batch, { forceUpdate: true });
      await expect(all()).resolves.toMatchObject([{ close: '42004', closed: false }]);
    });
  });

  describe('with faulty candles', () => {
    const batch = [
      candle(0),
      candle(1, { symbol: '' }),
      candle(2),
      { ...candle(3), high: '1', unknown: 1 },
      undefined,
      candle(5),
    ] as CandleInput[];

    it('stores the others and reports each by its index, with every fault of it', async () => {
      const result = await bench.db.marketData.upsertCandles(batch);
      expect(result).toMatchObject({ inserted: 3, updated: 0, unchanged: 0 });
      expect(result.rejected.map(({ index }) => index)).toEqual([1, 3, 4]);
      expect(result.rejected.map(({ issues }) => issues.map(({ path }) => path))).toEqual([
        ['[1].symbol'],
        ['[3].unknown', '[3].open', '[3].close', '[3].low'],
        ['[4]'],
      ]);
      expect((await all()).map(({ startTime }) => startTime.getTime())).toEqual(
        [0, 2, 5].map((minute) => NEW_YEAR + minute * 60_000),
      );
    });

    it('stores nothing of an atomic batch, and names every fault', async () => {
      const error = await failureOf(bench.db.marketData.upsertCandles(batch, { atomic: true }));
      expect(error).toMatchObject({ kind: 'invalid-input', operation: 'marketData.upsertCandles', attempts: 0 });
      expect(error.issues.map(({ path }) => path)).toEqual([
        '[1].symbol',
        '[3].unknown',
        '[3].open',
        '[3].close',
        '[3].low',
        '[4]',
      ]);
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 0 });
    });

    it('makes no difference between a hole in the list and an element that is missing', async () => {
      const holed = new Array<CandleInput>(3);
      holed[1] = candle(1);
      const result = await bench.db.marketData.upsertCandles(holed);
      expect(result.rejected.map(({ index }) => index)).toEqual([0, 2]);
      expect(result.inserted).toBe(1);
    });
  });

  describe('that the database itself refuses in the middle', () => {
    const batch = Array.from({ length: 2_500 }, (_, minute) => candle(minute));

    afterEach(async () => {
      await bench.database.sql('drop trigger if exists refuse_minute');
    });

    it('stores nothing of an atomic one', async () => {
      await refuseMinute(2_400);
      const error = await failureOf(bench.db.marketData.upsertCandles(batch, { atomic: true }));
      expect(error.attempts).toBe(1);
      await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 0 });
    });

    it('reports for any other how much was stored, which may be written again', async () => {
      await refuseMinute(2_400);
      const error = await failureOf(bench.db.marketData.upsertCandles(batch));
      const { marketData: stored } = await storedRows(bench.database);
      expect(stored).toBeGreaterThan(0);
      expect(error.message).toContain(`${stored} of 2500 rows were written, and writing the whole batch again is safe`);
      await bench.database.sql('drop trigger refuse_minute');

      await expect(bench.db.marketData.upsertCandles(batch)).resolves.toMatchObject({
        inserted: 2_500 - stored,
        unchanged: stored,
      });
    });
  });

  /** Makes the database refuse one candle, for a reason that no check at the edge knows. */
  async function refuseMinute(minute: number): Promise<void> {
    const time = new Date(NEW_YEAR + minute * 60_000);
    const condition =
      bench.dialect === 'sqlite'
        ? `new.start_time = ${time.getTime()}`
        : `new.start_time = '${time.toISOString().replace('T', ' ').slice(0, -1)}'`;
    await bench.database.sql(
      bench.dialect === 'sqlite'
        ? `create trigger refuse_minute before insert on market_data when ${condition} begin select raise(abort, 'no'); end`
        : `create trigger refuse_minute before insert on market_data for each row begin if ${condition} then signal sqlstate '45000' set message_text = 'no'; end if; end`,
    );
  }
});
