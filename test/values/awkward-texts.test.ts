import { describe, expect, it } from '@jest/globals';
import { AWKWARD_TEXTS } from '../support/awkward-texts.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, bot, candle, point } from '../support/samples.ts';

onEveryDatabase('awkward texts', (bench) => {
  describe('to the letter, in every text of a candle,', () => {
    it.each(AWKWARD_TEXTS)('%s', async (_what, text) => {
      const series = { exchange: text, symbol: text, timeframe: '1m' } as const;
      await bench.db.marketData.upsertCandles([candle(0, series), candle(0, { ...series, symbol: 'other' })]);

      await expect(bench.db.marketData.getCandles({ ...series, ...ALWAYS })).resolves.toMatchObject([series]);
      await expect(bench.db.marketData.upsertCandle(candle(0, series), true)).resolves.toBe('unchanged');
      await expect(bench.db.marketData.deleteCandles({ ...series, ...ALWAYS })).resolves.toBe(1);
      await expect(bench.db.marketData.countCandles()).resolves.toBe(1);
    });
  });

  describe('to the letter, in every text of a raw trade,', () => {
    it.each(AWKWARD_TEXTS)('%s', async (_what, text) => {
      const names = { exchange: text, symbol: text, dataType: text };
      const payload = ` { "${text.replace(/["\\]/g, '\\$&').replace(/\p{Cc}/gu, escapeControl)}" : ${JSON.stringify(text)} }\n`;
      await bench.db.rawTrades.insertMany([
        point(0, { ...names, sourceId: text, payload }),
        point(0, { ...names, dataType: 'other' }),
      ]);

      await expect(bench.db.rawTrades.getRawTrades({ ...names, ...ALWAYS })).resolves.toMatchObject([
        { ...names, sourceId: text, rawData: payload },
      ]);
      const { series } = await bench.db.rawTrades.getRawDataStats();
      expect(series).toEqual(expect.arrayContaining([expect.objectContaining({ ...names, count: 1 })]));
      const old = { olderThan: '2100-01-01T00:00:00Z', dataType: text };
      await expect(bench.db.rawTrades.cleanupOldRawData(old)).resolves.toMatchObject({ deleted: 1 });
    });
  });

  describe('to the letter, in every text of a bot,', () => {
    it.each(AWKWARD_TEXTS)('%s', async (_what, text) => {
      const texts = { strategyName: text, exchange: text, symbol: text };
      const config = { [text]: text, list: [text, { [text]: [text] }] };
      const { id } = await bench.db.bots.add(bot({ ...texts, name: text, config }));
      await bench.db.bots.add(bot({ name: 'other' }));

      await expect(bench.db.bots.getByName(text)).resolves.toMatchObject({ id, ...texts, name: text });
      expect((await bench.db.bots.getById(id))?.config).toEqual(config);
      await expect(bench.db.bots.list(texts)).resolves.toMatchObject([{ id }]);
      const changed = await bench.db.bots.update(id, { name: `${text}2`, config: { changed: text } });
      expect(changed).toMatchObject({ name: `${text}2`, config: { changed: text } });
      await expect(bench.db.bots.getByName(text)).resolves.toBeNull();
    });
  });
});

function escapeControl(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
