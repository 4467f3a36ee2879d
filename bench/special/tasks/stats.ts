import { DatabaseOperations } from '../../../src/index.ts';
import { median } from '../../report/statistics.ts';
import { serveTask } from '../serve-task.ts';

export interface StatsParameters {
  readonly url: string;
  readonly calls: number;
}

const DEFAULT_BUDGET_MS = 250;

serveTask(async ({ url, calls }: StatsParameters) => {
  await using db = new DatabaseOperations({ url });
  await db.connect();
  const durations: number[] = [];
  const measure = async () => {
    const start = performance.now();
    const stats = await db.getStats();
    durations.push(performance.now() - start);
    return stats;
  };
  let stats = await measure();
  for (let call = 1; call < calls; call += 1) {
    stats = await measure();
  }
  return {
    ofBudget: median(durations) / DEFAULT_BUDGET_MS,
    medianMs: median(durations),
    slowestMs: Math.max(...durations),
    candleCount: stats.candleCount ?? 'unknown',
    estimated: stats.estimated.join(', ') || 'none',
  };
});
