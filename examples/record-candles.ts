/**
 * A collector in small: takes candles as an exchange sends them, open ones first and the final one last, and
 * stores each version. Run it: `npx node examples/record-candles.ts` (DATABASE_URL says where to).
 */
import { type CandleInput, getDatabaseOperations } from '../src/index.ts';

await using db = getDatabaseOperations({ logger: console });

async function* messages(): AsyncGenerator<CandleInput[]> {
  const start = Date.UTC(2024, 0, 1);
  for (let minute = 0; minute < 3; minute += 1) {
    const base = { symbol: 'BTC-USDT', timeframe: '1m', startTime: start + minute * 60_000, open: '42000' } as const;
    yield [{ ...base, high: '42005', low: '42000', close: '42005', volume: '1.5', closed: false }];
    yield [{ ...base, high: '42010', low: '41990', close: '42001.5', volume: '3.25', closed: true }];
  }
}

for await (const candles of messages()) {
  // an open candle that arrives late, after a reconnect say, never replaces the final one
  const { inserted, updated, rejected } = await db.marketData.upsertCandles(candles, { forceUpdate: 'unless-closed' });
  console.log({ inserted, updated });
  for (const { index, issues } of rejected) {
    console.error('refused', candles[index], issues);
  }
}
console.log(await db.marketData.getLatestCandle({ symbol: 'BTC-USDT', timeframe: '1m' }));
