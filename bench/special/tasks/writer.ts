import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DatabaseOperations } from '../../../src/index.ts';
import { type CandleSet, candlesOf } from '../../data/candles.ts';
import { MemoryWatch } from '../memory-watch.ts';
import { serveTask } from '../serve-task.ts';

export interface WriterParameters {
  readonly url: string;
  readonly set: CandleSet;
  readonly rows: number;
}

const WARM_UP_SHARE = 0.2;

serveTask(async ({ url, set, rows }: WriterParameters) => {
  await using db = new DatabaseOperations({ url });
  await db.connect();
  // until the heap has the size at which it works
  const warmUp = { ...set, firstMinute: set.minutes, minutes: Math.ceil(set.minutes * WARM_UP_SHARE) };
  await pipeline(Readable.from(candlesOf(warmUp)), db.marketData.candleWriter());
  const before = await db.marketData.countCandles();
  const writer = db.marketData.candleWriter();
  const memory = new MemoryWatch();
  let fed = 0;
  let longestQueue = 0;
  let firstHalfMiB = 0;
  // the source itself never waits: it is as fast as the writer lets it be
  const source = function* () {
    for (const candle of candlesOf(set)) {
      longestQueue = Math.max(longestQueue, writer.writableLength);
      fed += 1;
      if (fed === Math.floor(rows / 2)) {
        memory.sample();
        firstHalfMiB = memory.growthMiB;
      }
      yield candle;
    }
  };
  const startedAt = performance.now();
  await pipeline(Readable.from(source()), writer);
  const seconds = (performance.now() - startedAt) / 1000;
  memory.stop();
  const stored = (await db.marketData.countCandles()) - before;
  return {
    rowsFed: fed,
    lostRows: fed - stored,
    rowsPerSecond: fed / seconds,
    highWaterMark: writer.writableHighWaterMark,
    longestQueue,
    longestQueueShare: longestQueue / writer.writableHighWaterMark,
    rssGrowthMiB: memory.growthMiB,
    rssBeforeMiB: memory.startMiB,
    lateGrowthMiB: memory.growthMiB - firstHalfMiB,
    peakHeapMiB: memory.peakHeapMiB,
  };
});
