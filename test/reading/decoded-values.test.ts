import { describe, expect, it } from '@jest/globals';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, point, SERIES } from '../support/samples.ts';

const EVER = { startTime: '1000-01-01T00:00:00Z', endTime: '9999-12-31T23:59:59.999Z' } as const;
const STREAM = { symbol: 'BTC-USDT', dataType: 'trade' } as const;
const LARGEST_TEXT = 16_777_215;

onEveryDatabase('what is read', (bench) => {
  const rawData = async (): Promise<string[]> =>
    (await bench.db.rawTrades.getRawTrades({ ...STREAM, ...EVER })).map((row) => row.rawData);

  it.each([
    '0',
    '1',
    '100',
    '1000.5',
    '1000000',
    '10.01',
    '0.1',
    '0.10001',
    '0.000000000000000001',
    '100000000000000000',
    '999999999999999999',
    '123456789012345678.123456789012345678',
    '999999999999999999.999999999999999999',
  ])('is the decimal that was stored: %s', async (decimal) => {
    const prices = { open: decimal, high: decimal, low: decimal, close: decimal };
    await bench.db.marketData.upsertCandles([candle(0, { ...prices, volume: decimal })]);
    await expect(bench.db.marketData.getLatestCandle(SERIES)).resolves.toMatchObject({ ...prices, volume: decimal });
    await expect(bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS })).resolves.toMatchObject([
      { ...prices, volume: decimal },
    ]);
  });

  it.each([
    [null, true],
    [null, false],
    [0, false],
    [1, true],
    [4_294_967_295, false],
  ])('is the trade count that was stored: %s, and whether the candle is closed: %s', async (tradeCount, closed) => {
    await bench.db.marketData.upsertCandle(candle(0, { tradeCount, closed }));
    await expect(bench.db.marketData.getLatestCandle(SERIES)).resolves.toMatchObject({ tradeCount, closed });
  });

  it.each([
    '1000-01-01T00:00:00.000Z',
    '1582-10-10T12:00:00.000Z',
    '1969-12-31T23:59:59.999Z',
    '1970-01-01T00:00:00.000Z',
    '2000-02-29T23:59:59.001Z',
    '2024-03-31T01:30:00.120Z',
    '9999-12-31T23:59:59.998Z',
  ])('is the instant that was stored: %s', async (instant) => {
    const time = new Date(instant);
    await bench.db.rawTrades.insertMarketDataPoint(point(0, { timestamp: time, receivedAt: time }));
    await expect(bench.db.rawTrades.getRawTrades({ ...STREAM, ...EVER })).resolves.toMatchObject([
      { timestamp: time, receivedAt: time },
    ]);
  });

  it('is the first and the last candle that there can be', async () => {
    const day = { symbol: 'DAYS', timeframe: '1d' } as const;
    const days = ['1000-01-01T00:00:00.000Z', '9999-12-30T00:00:00.000Z'];
    await bench.db.marketData.upsertCandles(days.map((startTime) => candle(0, { ...day, startTime })));
    const read = await bench.db.marketData.getCandles({ ...day, ...EVER });
    expect(read.map(({ startTime }) => startTime.toISOString())).toEqual(days);
    expect(read.map(({ endTime }) => endTime.toISOString())).toEqual([
      '1000-01-02T00:00:00.000Z',
      '9999-12-31T00:00:00.000Z',
    ]);
  });

  describe('of raw data', () => {
    // where the form of a length changes in the protocol, a byte to either side
    it.each([2, 249, 250, 251, 252, 253, 254, 255, 256, 65_534, 65_535, 65_536, 70_000])(
      'is a text of %i bytes, beside others',
      async (bytes) => {
        const payload = textOf(bytes);
        await bench.db.rawTrades.insertMany([point(0, { payload }), point(1), point(2, { payload })]);
        const [first, between, last] = await rawData();
        expect([first === payload, between, last === payload]).toEqual([true, point(1).payload, true]);
      },
    );

    it('is the longest text that the column and the server take, and the rows around it', async () => {
      const payload = textOf(Math.min(LARGEST_TEXT, (await largestStatement()) - 10_000));
      for (const [index, given] of [undefined, payload, undefined].entries()) {
        const changes = given === undefined ? {} : { payload: given };
        await expect(bench.db.rawTrades.insertMarketDataPoint(point(index, changes))).resolves.toBe('inserted');
      }
      const [before, long, after] = await rawData();
      expect([before, long === payload, after]).toEqual([point(0).payload, true, point(2).payload]);
    });

    it('is every letter of several megabytes, wherever a packet ends', async () => {
      // letters of one to four bytes, in texts of ever another length
      const letters = 'aé币🚀';
      const points = Array.from({ length: 300 }, (_, index) =>
        point(index, { payload: JSON.stringify(letters.repeat(1_500 + index) + 'x'.repeat(index % 17)) }),
      );
      await expect(bench.db.rawTrades.insertMany(points)).resolves.toMatchObject({ inserted: 300 });
      const read = await rawData();
      expect(read.length).toBe(300);
      expect(read.filter((text, index) => text !== points[index]?.payload)).toEqual([]);
    });

    it('is told by an id of many bytes', async () => {
      const sourceId = '🚀'.repeat(64);
      await bench.db.rawTrades.insertMarketDataPoint(point(0, { sourceId }));
      await expect(bench.db.rawTrades.getRawTrades({ ...STREAM, ...EVER })).resolves.toMatchObject([
        { sourceId, rawData: point(0).payload },
      ]);
    });
  });

  /** Bytes that the server takes at once. */
  async function largestStatement(): Promise<number> {
    if (bench.dialect === 'sqlite') {
      return Number.POSITIVE_INFINITY;
    }
    const [row] = (await bench.database.sql('select @@max_allowed_packet as bytes')) as { bytes: number }[];
    return Number(row?.bytes);
  }
});

/** A JSON text of so many bytes. */
function textOf(bytes: number): string {
  return `"${'x'.repeat(bytes - 2)}"`;
}
