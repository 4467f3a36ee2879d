/**
 * A small collector: takes candles as an exchange sends them, open ones first and the final one last, and stores
 * each version. Run it: `npx node examples/record-candles.ts` (DATABASE_URL says where to).
 * In a project of your own, import from 'tradestore'.
 */
import { pipeline } from 'node:stream/promises';
import { type CandleInput, getDatabaseOperations } from '../src/index.ts';

await using db = getDatabaseOperations({ logger: console });

async function* messages(): AsyncGenerator<CandleInput> {
  const start = Date.UTC(2024, 0, 1);
  for (let minute = 0; minute < 3; minute += 1) {
    const base = { symbol: 'BTC-USDT', timeframe: '1m', startTime: start + minute * 60_000, open: '42000' };
    yield { ...base, high: '42005', low: '42000', close: '42005', volume: '1.5', closed: false };
    yield { ...base, high: '42010', low: '41990', close: '42001.5', volume: '3.25', closed: true };
  }
}

// an open candle that arrives late, for example after a reconnect, never replaces the final one
const writer = db.marketData.candleWriter({ forceUpdate: 'unless-closed' });
writer.on('rejected', ({ row, issues }) => console.error('refused', row, issues));
try {
  await pipeline(messages, writer);
} finally {
  console.log(writer.stats());
  // after a failure these are the candles to write again once the database is back
  console.log('not stored', writer.unwritten.length);
}
console.log(await db.marketData.getLatestCandle({ symbol: 'BTC-USDT', timeframe: '1m' }));
