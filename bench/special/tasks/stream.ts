import { DatabaseOperations } from '../../../src/index.ts';
import { median } from '../../report/statistics.ts';
import { MemoryWatch } from '../memory-watch.ts';
import { serveTask } from '../serve-task.ts';

export interface StreamParameters {
  readonly url: string;
  readonly mode: 'pages' | 'snapshot';
  readonly exchange: string;
  readonly symbol: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly rows: number;
  readonly starts: number;
}

// until the heap has the size at which it works
const WARM_UP_SHARE = 0.2;
const ROWS_PER_LOOK = 10_000;

serveTask(async ({ url, mode, exchange, symbol, startMs, endMs, rows, starts }: StreamParameters) => {
  await using db = new DatabaseOperations({ url });
  const open = () =>
    db.marketData.streamCandles({ exchange, symbol, timeframe: '1m', startTime: startMs, endTime: endMs, mode });

  let seen = 0;
  for await (const _candle of open()) {
    seen += 1;
    if (seen >= rows * WARM_UP_SHARE) {
      break;
    }
  }

  const firstRowsMs: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    const startedAt = performance.now();
    for await (const _candle of open()) {
      firstRowsMs.push(performance.now() - startedAt);
      break;
    }
  }

  const memory = new MemoryWatch();
  const startedAt = performance.now();
  let count = 0;
  let previousMs = Number.NEGATIVE_INFINITY;
  for await (const { startTime } of open()) {
    count += 1;
    if (startTime.getTime() <= previousMs) {
      throw new Error(`row ${count} starts no later than the one before it`);
    }
    previousMs = startTime.getTime();
    if (count % ROWS_PER_LOOK === 0) {
      memory.sample();
    }
  }
  const seconds = (performance.now() - startedAt) / 1000;
  memory.stop();
  if (count !== rows) {
    throw new Error(`${count} rows were streamed of ${rows}`);
  }
  return {
    rssGrowthMiB: memory.growthMiB,
    rssBeforeMiB: memory.startMiB,
    firstRowMs: median(firstRowsMs),
    slowestFirstRowMs: Math.max(...firstRowsMs),
    rows: count,
    rowsPerSecond: count / seconds,
    peakHeapMiB: memory.peakHeapMiB,
  };
});
