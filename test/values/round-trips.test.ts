import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { BotConfig } from '../../src/index.ts';
import { generatedRuns, name, validCandle } from '../support/arbitraries.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, bot, point } from '../support/samples.ts';

const FULL = { startTime: '1000-01-01T00:00:00Z', endTime: '9999-12-31T00:00:00Z' } as const;

onEveryDatabase('what is valid', (bench) => {
  it('comes back as it went in: any candle', async () => {
    await fc.assert(
      fc.asyncProperty(validCandle, async (candle) => {
        await bench.db.marketData.upsertCandle(candle, true);
        const { exchange, symbol, timeframe, priceType, startTime } = candle;
        const endTime = new Date(startTime.getTime() + 1);
        const series = { exchange, symbol, timeframe, priceType };
        const read = await bench.db.marketData.getCandles({ ...series, startTime, endTime });
        expect(read).toEqual([{ ...candle, updatedAt: expect.any(Date) }]);
      }),
      generatedRuns(1_000),
    );
  });

  it('comes back as it went in: any batch of candles', async () => {
    const batch = fc.uniqueArray(validCandle, {
      minLength: 1,
      maxLength: 40,
      selector: ({ exchange, symbol, timeframe, priceType, startTime }) =>
        JSON.stringify([exchange, symbol, timeframe, priceType, startTime.getTime()]),
    });
    await fc.assert(
      fc.asyncProperty(batch, async (candles) => {
        await bench.database.sql('delete from market_data');
        await expect(bench.db.marketData.upsertCandles(candles)).resolves.toMatchObject({ inserted: candles.length });
        const again = await bench.db.marketData.upsertCandles(candles, { forceUpdate: true });
        expect(again).toEqual({ inserted: 0, updated: 0, unchanged: candles.length, rejected: [] });
        const { exchange, symbol, timeframe, priceType } = candles[0] as (typeof candles)[number];
        const read = await bench.db.marketData.getCandles({ exchange, symbol, timeframe, priceType, ...FULL });
        expect(read.length).toBeGreaterThan(0);
      }),
      generatedRuns(60),
    );
  });

  it('comes back as it went in: any JSON text, to the letter', async () => {
    const spaces = fc.constantFrom('', ' ', '\n\t');
    const text = fc
      .record({ value: fc.jsonValue({ maxDepth: 6 }), before: spaces, after: spaces, indent: fc.nat(2) })
      .map(({ value, before, after, indent }) => before + JSON.stringify(value, null, indent) + after)
      .filter((json) => !/\\u[dD][89a-fA-F]/.test(json));
    await fc.assert(
      fc.asyncProperty(text, name(64), async (payload, sourceId) => {
        await bench.database.sql('delete from raw_trades');
        await bench.db.rawTrades.insertMarketDataPoint(point(0, { sourceId, payload }));
        const read = await bench.db.rawTrades.getRawTrades({ symbol: 'BTC-USDT', dataType: 'trade', ...ALWAYS });
        expect(read).toMatchObject([{ sourceId, rawData: payload }]);
      }),
      generatedRuns(1_000),
    );
  });

  it('comes back as it went in: any config and name of a bot', async () => {
    const config = fc.dictionary(name(20), fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }));
    await fc.assert(
      fc.asyncProperty(config, name(128), name(128), async (given, botName, strategyName) => {
        await bench.database.sql('delete from bots');
        const asJson = JSON.parse(JSON.stringify(given)) as BotConfig;
        const { id } = await bench.db.bots.add(bot({ name: botName, strategyName, config: asJson }));
        const read = await bench.db.bots.getByName(botName);
        expect(read).toMatchObject({ id, name: botName, strategyName });
        expect(read?.config).toEqual(asJson);
      }),
      generatedRuns(300),
    );
  });
});
