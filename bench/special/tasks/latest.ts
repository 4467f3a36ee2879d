import { DatabaseOperations } from '../../../src/index.ts';
import type { Series } from '../../data/ranges.ts';
import { median, quantile } from '../../report/statistics.ts';
import { serveTask } from '../serve-task.ts';

export interface LatestParameters {
  readonly smallUrl: string;
  readonly largeUrl: string;
  readonly series: readonly Series[];
  readonly calls: number;
}

/** One call on the small table and one on the large one in turn, so that drift hits both. */
serveTask(async ({ smallUrl, largeUrl, series, calls }: LatestParameters) => {
  await using small = new DatabaseOperations({ url: smallUrl });
  await using large = new DatabaseOperations({ url: largeUrl });
  const latencies = { small: [] as number[], large: [] as number[] };
  const measure = async (db: DatabaseOperations, into: number[], call: number) => {
    const start = performance.now();
    const candle = await db.marketData.getLatestCandle(series[call % series.length] as Series);
    into.push(performance.now() - start);
    if (candle === null) {
      throw new Error('the latest candle of a filled series was not found');
    }
  };
  const warmUpCalls = Math.ceil(calls / 5);
  for (let call = -warmUpCalls; call < calls; call += 1) {
    if (call === 0) {
      latencies.small = [];
      latencies.large = [];
    }
    await measure(small, latencies.small, Math.abs(call));
    await measure(large, latencies.large, Math.abs(call));
  }
  const [smallMs, largeMs] = [median(latencies.small), median(latencies.large)];
  return {
    ratio: smallMs / largeMs,
    smallTableMs: smallMs,
    largeTableMs: largeMs,
    largeTableP95Ms: quantile(latencies.large, 0.95),
  };
});
