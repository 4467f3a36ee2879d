import { expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { freshDatabase } from '../support/fresh-database.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot, candle, point } from '../support/samples.ts';

/** So that a busy machine does not turn a count into an estimate. */
const PATIENT = { statsBudgetMs: 20_000 };

onEveryDatabase('getStats', (bench) => {
  it('counts nothing where nothing is stored', async () => {
    await expect(bench.instance(PATIENT).getStats()).resolves.toEqual({
      botCount: 0,
      candleCount: 0,
      rawTradeCount: 0,
      estimated: [],
      sizeOnDiskBytes: expect.any(Number),
      tableSizesBytes: { bots: expect.any(Number), candles: expect.any(Number), rawTrades: expect.any(Number) },
      healthy: true,
      error: null,
    });
  });

  it('counts exactly, of every exchange and series, while that is quick', async () => {
    await bench.db.marketData.upsertCandles([candle(0), candle(1), candle(0, { exchange: 'binance' })]);
    await bench.db.rawTrades.insertMany([point(0), point(1)]);
    await bench.db.bots.add(bot());
    const stats = await bench.instance(PATIENT).getStats();
    expect(stats).toMatchObject({ botCount: 1, candleCount: 3, rawTradeCount: 2, estimated: [] });
    expect(stats.sizeOnDiskBytes).toBeGreaterThan(0);
  });

  it('gives an estimate, and names it one, past its budget', async () => {
    const rows = 100_000;
    await insertCandles(rows);
    const statements: string[] = [];
    const ignore = () => undefined;
    const debug = (_details: object, message: string) => statements.push(message);
    const logger = { debug, info: ignore, warn: ignore, error: ignore };
    const hasty = bench.instance({ statsBudgetMs: 1, logger, logQueries: true });
    const stats = await hasty.getStats();
    expect(stats.estimated).toContain('candleCount');
    expect(stats.healthy).toBe(true);
    // a count that is hopeless is not begun
    expect(statements.length).toBeGreaterThan(0);
    expect(statements.join()).not.toMatch(/from `market_data`/);
    expect(stats.candleCount).toBeGreaterThan(rows / 2);
    expect(stats.candleCount).toBeLessThan(rows * 2);

    await expect(bench.instance(PATIENT).getStats()).resolves.toMatchObject({ candleCount: rows, estimated: [] });
  });

  it.each([1, 10_000])('names the tables that are missing, with a budget of %i ms', async (statsBudgetMs) => {
    const empty = await freshDatabase(bench.dialect);
    const db = new DatabaseOperations({ url: empty.url, autoMigrate: false, statsBudgetMs });
    try {
      const failure = await failureOf(db.getStats());
      expect(failure).toMatchObject({ operation: 'getStats', kind: 'schema', attempts: 1 });
      expect(failure.message).toContain('bots');
    } finally {
      await db.close();
      await empty.remove();
    }
  });

  /** Makes many candles behind the library's back. */
  async function insertCandles(rows: number): Promise<void> {
    const price = bench.dialect === 'sqlite' ? `'${'0'.repeat(18)}.${'0'.repeat(18)}'` : '0';
    const start = bench.dialect === 'sqlite' ? 'n * 60000' : "'2020-01-01' + interval n minute";
    const values = `'okx', 'BTC-USDT', '1m', 'trade', ${start}, ${start}, ${price}, ${price}, ${price}, ${price}, ${price}, null, 1, ${start}`;
    const columns =
      'exchange, symbol, timeframe, price_type, start_time, end_time, open, high, low, close, volume, trade_count, closed, updated_at';
    const digit =
      '(select 0 d union all select 1 union all select 2 union all select 3 union all select 4 union all select 5 union all select 6 union all select 7 union all select 8 union all select 9)';
    const numbers = `(select a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d as n from ${['a', 'b', 'c', 'e', 'f'].map((name) => `${digit} ${name}`).join(', ')}) as numbers`;
    await bench.database.sql(
      `insert into market_data (${columns}) select ${values} from ${numbers} where n < ${rows} order by n`,
    );
    if (bench.dialect !== 'sqlite') {
      await bench.database.sql('analyze table market_data');
    }
  }
});
