import { type CandleInput, DatabaseOperations, getDatabaseOperations } from '../../src/index.ts';

// Compiled with the rest, never run: calls that the compiler must refuse. A line that it accepts is an error.

const db = getDatabaseOperations();
const candle: CandleInput = {
  symbol: 'BTC-USDT',
  timeframe: '1m',
  startTime: 0,
  open: '1',
  high: '1',
  low: '1',
  close: '1',
  volume: '1',
  closed: true,
};
const range = { startTime: 0, endTime: 1 };

export async function wrongCandles(): Promise<void> {
  // @ts-expect-error: a candle needs its prices
  await db.marketData.upsertCandle({ symbol: 'BTC-USDT', timeframe: '1m', startTime: 0 });
  // @ts-expect-error: a timeframe is text
  await db.marketData.upsertCandle({ ...candle, timeframe: 60 });
  // @ts-expect-error: the latest are a number of them
  await db.marketData.getLatestCandles({ symbol: 'BTC-USDT', timeframe: '1m' });
  // @ts-expect-error: a price may not be a bigint
  await db.marketData.upsertCandle({ ...candle, open: 1n });
  // @ts-expect-error: there is no such mode
  await db.marketData.upsertCandle(candle, 'always');
  // @ts-expect-error: many candles are a list
  await db.marketData.upsertCandles(candle);
  // @ts-expect-error: the mode of many candles is an option with a name
  await db.marketData.upsertCandles([candle], true);
  // @ts-expect-error: a range has an end, or a limit
  await db.marketData.getCandles({ symbol: 'BTC-USDT', timeframe: '1m', startTime: 0 });
  // @ts-expect-error: a series has a timeframe
  await db.marketData.getCandles({ symbol: 'BTC-USDT', ...range });
  // @ts-expect-error: a misspelt option is no option
  await db.marketData.getCandles({ symbol: 'BTC-USDT', timeframe: '1m', ...range, closedonly: true });
  // @ts-expect-error: deleting everything takes a range that says so
  await db.marketData.deleteCandles();
  const [first] = await db.marketData.getCandles({ symbol: 'BTC-USDT', timeframe: '1m', ...range });
  // @ts-expect-error: the list may be empty
  first.open.toString();
  const latest = await db.marketData.getLatestCandle({ symbol: 'BTC-USDT', timeframe: '1m' });
  // @ts-expect-error: there may be none
  latest.open.toString();
}

export function wrongWriters(): void {
  const writer = db.marketData.candleWriter();
  writer.write(candle);
  // @ts-expect-error: a writer of candles takes candles
  writer.write({ symbol: 'BTC-USDT', dataType: 'trade', payload: '{}' });
  // @ts-expect-error: and no text
  writer.write('BTC-USDT');
  // @ts-expect-error: neither as the last one
  writer.end('BTC-USDT');
  // @ts-expect-error: many candles are written one by one
  writer.write([candle]);
  // @ts-expect-error: raw trades are never overwritten
  db.rawTrades.rawTradeWriter({ forceUpdate: true });
  // @ts-expect-error: times are numbers of milliseconds
  db.marketData.candleWriter({ flushIntervalMs: '1s' });
  // @ts-expect-error: what it holds is not to be changed
  writer.unwritten.pop();
}

export async function wrongStreams(): Promise<void> {
  const series = { symbol: 'BTC-USDT', timeframe: '1m', ...range };
  // @ts-expect-error: there is no such mode
  db.marketData.streamCandles({ ...series, mode: 'cursor' });
  // @ts-expect-error: a stream is ended by a signal, not by its controller
  db.marketData.streamCandles({ ...series, signal: new AbortController() });
  // @ts-expect-error: raw trades are streamed by data type
  db.rawTrades.streamRawTrades({ symbol: 'BTC-USDT', ...range });
  // @ts-expect-error: and in one order
  db.rawTrades.streamRawTrades({ symbol: 'BTC-USDT', dataType: 'trade', ...range, order: 'desc' });
  // @ts-expect-error: a stream is no promise of its rows
  (await db.marketData.streamCandles(series)).length.toString();
  const columns = await db.marketData.getCandleColumns(series);
  // @ts-expect-error: columns stay whole
  columns.close = new Float64Array();
  // @ts-expect-error: what a backtest does not read is not there
  columns.updatedAt.toString();
  // @ts-expect-error: columns come at once
  await db.marketData.getCandleColumns({ ...series, pageRows: 100 });
}

export async function wrongRawTrades(): Promise<void> {
  // @ts-expect-error: a point says when it was
  await db.rawTrades.insertMarketDataPoint({ symbol: 'BTC-USDT', dataType: 'trade', payload: '{}' });
  // @ts-expect-error: a message without data
  await db.rawTrades.insertRawWebsocketData({ symbol: 'BTC-USDT', dataType: 'trade' });
  // @ts-expect-error: raw trades are read by data type
  await db.rawTrades.getRawTrades({ symbol: 'BTC-USDT', ...range });
  // @ts-expect-error: cleaning up takes a time
  await db.rawTrades.cleanupOldRawData({ dryRun: true });
}

export async function wrongBots(): Promise<void> {
  // @ts-expect-error: there is no such status
  await db.bots.list({ status: 'asleep' });
  // @ts-expect-error: an id is a number
  await db.bots.getById('1');
  // @ts-expect-error: a version is the library's to count
  await db.bots.update(1, { version: 2 });
  // @ts-expect-error: settings are an object
  await db.bots.update(1, { config: 'fast' });
  // @ts-expect-error: a bot is not changed by an asynchronous function
  await db.bots.modify(1, async () => ({ status: 'paused' }));
  // @ts-expect-error: an amount is text or a number
  await db.bots.adjustBalance(1, 1n);
  const [listed] = await db.bots.list();
  if (listed !== undefined) {
    // @ts-expect-error: a stored bot is changed by update()
    listed.status = 'paused';
  }
  const bot = await db.bots.getByName('grid-1');
  // @ts-expect-error: there may be none
  await db.bots.delete(bot.id);
}

export async function wrongSettings(): Promise<void> {
  // @ts-expect-error: a misspelt option is no option
  getDatabaseOperations({ uri: 'sqlite::memory:' });
  // @ts-expect-error: times are numbers of milliseconds
  getDatabaseOperations({ connectTimeoutMs: '1s' });
  // @ts-expect-error: a logger has four levels
  new DatabaseOperations({ logger: { info: () => {} } });
  // @ts-expect-error: there is no such isolation level
  await db.transaction(async () => {}, { isolationLevel: 'snapshot' });
  // @ts-expect-error: what a transaction does is waited for
  await db.transaction(() => {});
  // @ts-expect-error: repositories are not exchanged
  db.marketData = new DatabaseOperations().marketData;
}
