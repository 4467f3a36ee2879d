import { describe, expect, test } from '@jest/globals';
import { CliFolder } from './run-cli.ts';

describe('start', () => {
  test('prepares an empty database, replays the sample and shows it; a second time changes nothing', async () => {
    await using folder = await CliFolder.make();
    const first = await folder.runProcess(['start']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('synthetic');
    expect(first.stdout).toContain('made by 2 migrations');
    expect(first.stdout).toContain('Capture: samples/okx-synthetic.ws (synthetic');
    expect(first.stdout).toMatch(/BTC-USDT 1m +2026-01-05T09:38:00Z .* closed/);
    expect(first.stdout).toContain('export DATABASE_URL=mysql://');
    await using db = folder.database();
    const { series } = await db.rawTrades.getRawDataStats();
    expect(new Set(series.map(({ exchange }) => exchange))).toEqual(new Set(['synthetic']));
    expect(await db.marketData.countCandles({ exchange: 'synthetic' })).toBe(await db.marketData.countCandles());
    const second = await folder.runProcess(['start']);
    expect(second.code).toBe(0);
    expect(second.stdout).toContain('Everything was already stored');
  });

  test('replays the captures it is given instead, with all of it as JSON', async () => {
    await using folder = await CliFolder.make();
    const message = '{"arg":{"channel":"candle1m","instId":"A"},"data":[["1699999980000","1","1","1","1","5"]]}';
    const name = await folder.file('okx.ws', `1700000000.5: ${message}\n`);
    expect(await folder.json('start', name)).toMatchObject({
      migrations: [expect.stringMatching(/initial/), expect.stringMatching(/price-type/)],
      replay: { files: [name], candleRows: { inserted: 1 } },
      health: { healthy: true },
      stats: { candleCount: 1, rawTradeCount: 1 },
      candles: [{ symbol: 'A', timeframe: '1m', startTime: '2023-11-14T22:13:00.000Z', closed: false }],
    });
  });
});
