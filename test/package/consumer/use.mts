import {
  type Candle,
  type CandleInput,
  getDatabaseOperations,
  isDatabaseOperationError,
  type Outcome,
} from '../../../src/index.ts';

export async function collect(candles: readonly CandleInput[]): Promise<Candle | null> {
  await using db = getDatabaseOperations({ url: 'sqlite::memory:', logger: console });
  const [first] = candles;
  if (first !== undefined) {
    const outcome: Outcome = await db.marketData.upsertCandle(first, 'unless-closed');
    console.log(outcome);
  }
  try {
    const { inserted, rejected } = await db.marketData.upsertCandles(candles);
    console.log(inserted.toFixed(), rejected[0]?.issues[0]?.path);
  } catch (error) {
    if (isDatabaseOperationError(error) && error.kind === 'duplicate') {
      console.log(error.operation);
    }
  }
  // @ts-expect-error: a timeframe is text
  await db.marketData.getLatestCandle({ symbol: 'BTC-USDT', timeframe: 60 });
  return db.marketData.getLatestCandle({ symbol: 'BTC-USDT', timeframe: '1m' });
}
