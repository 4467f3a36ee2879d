import { describe, expect, it } from '@jest/globals';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, NEW_YEAR, SERIES } from '../support/samples.ts';

onEveryDatabase('candles', (bench) => {
  describe('upsertCandle', () => {
    it('inserts a candle and reads it back in canonical form', async () => {
      await expect(bench.db.marketData.upsertCandle(candle(0, { volume: '0012.500' }))).resolves.toBe('inserted');

      await expect(bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS })).resolves.toEqual([
        {
          exchange: 'okx',
          symbol: 'BTC-USDT',
          timeframe: '1m',
          priceType: 'trade',
          startTime: new Date('2024-01-01T00:00:00Z'),
          endTime: new Date('2024-01-01T00:01:00Z'),
          open: '42000.1',
          high: '42010',
          low: '41990.5',
          close: '42005',
          volume: '12.5',
          quoteVolume: null,
          takerBuyVolume: null,
          takerBuyQuoteVolume: null,
          openInterest: null,
          tradeCount: 7,
          closed: true,
          updatedAt: expect.any(Date),
        },
      ]);
    });

    it('keeps a stored candle by default', async () => {
      await bench.db.marketData.upsertCandle(candle(0, { close: '42001' }));

      await expect(bench.db.marketData.upsertCandle(candle(0, { close: '42002' }))).resolves.toBe('unchanged');
      await expect(bench.db.marketData.getLatestCandle(SERIES)).resolves.toMatchObject({ close: '42001' });
    });

    it('overwrites a stored candle when forced', async () => {
      await bench.db.marketData.upsertCandle(candle(0, { close: '42001' }));

      await expect(bench.db.marketData.upsertCandle(candle(0, { close: '42002' }), true)).resolves.toBe('updated');
      await expect(bench.db.marketData.getLatestCandle(SERIES)).resolves.toMatchObject({ close: '42002' });
    });

    it('counts an equal candle as unchanged even when forced, and leaves its stamp', async () => {
      await bench.db.marketData.upsertCandle(candle());
      const before = await bench.db.marketData.getLatestCandle(SERIES);

      await expect(bench.db.marketData.upsertCandle(candle(), true)).resolves.toBe('unchanged');
      await expect(bench.db.marketData.getLatestCandle(SERIES)).resolves.toEqual(before);
    });

    it('keeps a closed candle when an open one arrives late', async () => {
      await bench.db.marketData.upsertCandle(candle(0, { close: '42001', closed: true }));

      const late = candle(0, { close: '42002', closed: false });
      await expect(bench.db.marketData.upsertCandle(late, 'unless-closed')).resolves.toBe('unchanged');
      await expect(bench.db.marketData.getLatestCandle(SERIES)).resolves.toMatchObject({
        close: '42001',
        closed: true,
      });
    });

    it('corrects a closed candle by another closed one', async () => {
      await bench.db.marketData.upsertCandle(candle(0, { close: '42001', closed: true }));

      const correction = candle(0, { close: '42002', closed: true });
      await expect(bench.db.marketData.upsertCandle(correction, 'unless-closed')).resolves.toBe('updated');
      await expect(bench.db.marketData.getLatestCandle(SERIES)).resolves.toMatchObject({ close: '42002' });
    });

    it('closes an open candle, every column of it', async () => {
      await bench.db.marketData.upsertCandle(candle(0, { closed: false, tradeCount: null, volume: '1' }));

      await expect(bench.db.marketData.upsertCandle(candle(), 'unless-closed')).resolves.toBe('updated');
      await expect(bench.db.marketData.getLatestCandle(SERIES)).resolves.toMatchObject({
        closed: true,
        tradeCount: 7,
        volume: '12.5',
      });
    });

    it('sees a change of nothing but the trade count, from and to none', async () => {
      await bench.db.marketData.upsertCandle(candle(0, { tradeCount: null }));

      await expect(bench.db.marketData.upsertCandle(candle(0, { tradeCount: null }), true)).resolves.toBe('unchanged');
      await expect(bench.db.marketData.upsertCandle(candle(0, { tradeCount: 0 }), true)).resolves.toBe('updated');
      await expect(bench.db.marketData.upsertCandle(candle(0, { tradeCount: null }), true)).resolves.toBe('updated');
    });

    it('sees a change in the last of eighteen decimals', async () => {
      const price = '0.123456789012345678';
      const prices = { open: price, low: '0', high: '1', close: price };
      await bench.db.marketData.upsertCandle(candle(0, prices));

      const changed = candle(0, { ...prices, close: '0.123456789012345679' });
      await expect(bench.db.marketData.upsertCandle(changed, true)).resolves.toBe('updated');
      await expect(bench.db.marketData.getLatestCandle(SERIES)).resolves.toMatchObject({
        open: price,
        close: '0.123456789012345679',
      });
    });
  });

  describe('reading', () => {
    it('reads the half-open interval: the start included, the end not', async () => {
      await bench.db.marketData.upsertCandles([candle(0), candle(1), candle(2)]);

      const read = await bench.db.marketData.getCandles({
        ...SERIES,
        startTime: new Date(NEW_YEAR),
        endTime: '2024-01-01T00:02:00Z',
      });
      expect(read.map(({ startTime }) => startTime.toISOString())).toEqual([
        '2024-01-01T00:00:00.000Z',
        '2024-01-01T00:01:00.000Z',
      ]);
    });
  });
});
