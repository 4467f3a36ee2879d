import { DatabaseOperations, getDatabaseOperations, isInvalidInputError, TIMEFRAMES } from 'tradestore';

const candle = {
  symbol: 'BTC-USDT',
  timeframe: TIMEFRAMES[5],
  startTime: '2024-01-01T00:00:00Z',
  open: '42000.1',
  high: '42010',
  low: '41990',
  close: '42005.5',
  volume: '12.5',
  closed: true,
};

const db = getDatabaseOperations({ url: 'sqlite::memory:' });
const outcomes = [await db.marketData.upsertCandle(candle), await db.marketData.upsertCandle(candle)];
const stored = await db.marketData.getLatestCandle({ symbol: 'BTC-USDT', timeframe: '1m' });
const refused = await db.marketData.upsertCandle({ ...candle, open: 'much' }).catch(isInvalidInputError);
await db.close();
const own = new DatabaseOperations({ url: 'sqlite::memory:' });
const bot = await own.bots.add({
  name: 'grid-1',
  strategyName: 'grid',
  symbol: 'BTC-USDT',
  timeframe: '5m',
  virtualBalance: '1000',
});
await own.close();
console.log(JSON.stringify({ outcomes, open: stored.open, exchange: stored.exchange, refused, bot: bot.version }));
