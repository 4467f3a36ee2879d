import { DatabaseOperations } from '../../src/index.ts';
import type { Contender, OpenContender } from '../contender.ts';

export const how = 'new DatabaseOperations({ url }), as it is without further settings';

export const open: OpenContender = async ({ url }) => contenderOf(new DatabaseOperations({ url }));

/** The library itself, with any settings. */
export async function contenderOf(db: DatabaseOperations): Promise<Contender> {
  await db.connect();
  return {
    upsertBatch: (candles) => db.marketData.upsertCandles(candles, { forceUpdate: true }),
    upsertOne: (candle) => db.marketData.upsertCandle(candle, true),
    readRange: (range) => db.marketData.getCandles(range),
    latest: (series) => db.marketData.getLatestCandle(series),
    stream: (range) => db.marketData.streamCandles(range),
    readColumns: (range) => db.marketData.getCandleColumns(range),
    insertRaw: (points) => db.rawTrades.insertMany(points),
    readRaw: (range) => db.rawTrades.getRawTrades(range),
    close: () => db.close(),
  };
}
