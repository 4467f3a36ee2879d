/**
 * How a backtest reads: stores a day of candles, reads it back in pages, and turns exact text into numbers as late
 * as possible. Run it: `npx node examples/read-for-backtest.ts`.
 * In a project of your own, import from 'tradestore'.
 */
import { DatabaseOperations } from '../src/index.ts';

await using db = new DatabaseOperations({ url: 'sqlite::memory:' });
const SERIES = { symbol: 'BTC-USDT', timeframe: '1m' };
const DAY = Date.UTC(2024, 0, 1);
const MINUTE = 60_000;

await db.marketData.upsertCandles(
  Array.from({ length: 1_440 }, (_, minute) => {
    const price = 42_000 + Math.round(100 * Math.sin(minute / 60));
    return {
      ...SERIES,
      startTime: DAY + minute * MINUTE,
      open: price,
      high: price + 5,
      low: price - 5,
      close: price,
      volume: 1,
    };
  }),
);

const endTime = DAY + 1_440 * MINUTE;
let startTime = DAY;
let highest = 0;
for (;;) {
  const page = await db.marketData.getCandles({ ...SERIES, startTime, endTime, limit: 500 });
  const last = page.at(-1);
  if (last === undefined) {
    break;
  }
  highest = Math.max(highest, ...page.map(({ high }) => Number(high)));
  startTime = last.endTime.getTime();
}
console.log(`the day's high was ${highest}`);
