import { describe, expect, it } from '@jest/globals';
import type { CandleInput } from '../../src/index.ts';
import { AWKWARD_TEXTS } from '../support/awkward-texts.ts';
import { onEveryLoadingServer } from '../support/loading-bench.ts';
import { ALWAYS, candle, point } from '../support/samples.ts';

const TEXTS = [
  ...AWKWARD_TEXTS.map(([, text]) => text),
  ...['\\N', 'NULL', 'N', '\\', '\\\\N', "\\'", '?', '??', ':a', "'", '"', '\u0001', '\u001b[0m', '\u0008x', 'a\u007f'],
  ...['a\\tb', 'a\\', '\\t', 'a\u2028b', 'a\ufeffb', '🚀'.repeat(32), '\\'.repeat(32), "'".repeat(32)],
];
const LARGE = 500;

onEveryLoadingServer('any text on a real', (bench) => {
  describe.each<[how: string, size: number, sent: Record<string, number>]>([
    ['large', LARGE, { files: 1, statements: 0 }],
    ['small', TEXTS.length, { files: 0, statements: 1 }],
  ])('in a %s batch', (how, size, sent) => {
    it('comes back unchanged from every name of a candle', async () => {
      const { db, files, statements } = bench.instance();
      const batch = Array.from({ length: size }, (_, index): CandleInput => {
        const text = TEXTS[index % TEXTS.length] as string;
        return candle(index, { exchange: text, symbol: `${how}${text}`, volume: index });
      });
      await expect(db.marketData.upsertCandles(batch)).resolves.toMatchObject({ inserted: size, rejected: [] });
      // a file that the server read in another way than it was meant would be sent once more as a statement
      expect({ files: files(), statements: statements.filter((text) => text.startsWith('insert')).length }).toEqual(
        sent,
      );

      for (const text of TEXTS) {
        const stored = await db.marketData.getCandles({
          ...{ exchange: text, symbol: `${how}${text}`, timeframe: '1m' },
          ...ALWAYS,
        });
        const given = batch.filter(({ exchange }) => exchange === text);
        expect(stored.map(({ exchange, symbol, volume }) => ({ exchange, symbol, volume }))).toEqual(
          given.map(({ exchange, symbol, volume }) => ({ exchange, symbol, volume: String(volume) })),
        );
      }
    });

    it('comes back unchanged from every text of a raw trade', async () => {
      const { db } = bench.instance();
      const batch = Array.from({ length: size }, (_, index) => {
        const text = TEXTS[index % TEXTS.length] as string;
        const payload = ` ${JSON.stringify({ text, [text]: [text, `${how}-${index}`] })}\n`;
        return point(index, { exchange: text, symbol: `${how}${text}`, dataType: text, sourceId: text, payload });
      });
      await expect(db.rawTrades.insertMany(batch)).resolves.toMatchObject({ inserted: size, rejected: [] });

      for (const text of TEXTS) {
        const stored = await db.rawTrades.getRawTrades({
          ...{ exchange: text, symbol: `${how}${text}`, dataType: text },
          ...ALWAYS,
        });
        const given = batch.filter(({ exchange }) => exchange === text);
        expect(stored.map(({ sourceId, rawData }) => [sourceId, rawData])).toEqual(
          given.map(({ sourceId, payload }) => [sourceId, payload]),
        );
      }
    });
  });

  it('with a NUL is refused at the edge, and the others of the batch are stored', async () => {
    const { db } = bench.instance();
    const batch = Array.from({ length: 600 }, (_, minute) =>
      candle(minute, { symbol: minute === 300 ? 'a\0b' : 'NUL-FREE' }),
    );
    const { inserted, rejected } = await db.marketData.upsertCandles(batch);
    expect(inserted).toBe(599);
    expect(rejected.map(({ index }) => index)).toEqual([300]);
  });

  it('comes with any time, decimal and count to the last digit', async () => {
    const { db, files, statements } = bench.instance();
    const widest = '9'.repeat(18);
    const starts = ['1000-01-01T00:00:00Z', '1969-12-31T23:59:59Z', '1970-01-01T00:00:00Z', '9999-12-31T23:59:58Z'];
    const edges = starts.map((startTime, index): CandleInput => {
      const price = `${widest}.${'9'.repeat(18 - index)}`;
      return {
        ...{ symbol: 'EDGES', timeframe: '1s', startTime, low: '0', open: '0.000000000000000001', close: price },
        ...{ high: price, volume: widest, tradeCount: index === 0 ? null : 4_294_967_295, closed: index % 2 === 0 },
      };
    });
    const filling = Array.from({ length: 496 }, (_, minute) => candle(minute, { symbol: 'FILLING' }));
    await expect(db.marketData.upsertCandles([...edges, ...filling])).resolves.toMatchObject({ inserted: 500 });
    expect(files()).toBe(1);
    expect(statements.some((text) => text.startsWith('insert'))).toBe(false);

    const stored = await db.marketData.getCandles({
      ...{ symbol: 'EDGES', timeframe: '1s', startTime: starts[0] as string, endTime: '9999-12-31T23:59:59.999Z' },
    });
    expect(stored).toMatchObject(edges.map((edge) => ({ ...edge, startTime: new Date(edge.startTime) })));
  });
});
