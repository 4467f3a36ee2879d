import { expect, it } from '@jest/globals';
import { freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { runProcess } from './child-process.ts';
import type { Sample } from './flat-process.ts';
import { byForm, seed } from './run-settings.ts';

const OPERATIONS = byForm({ whole: 100_000, short: 6_000 });
// a megabyte is what V8 learns of the code, and chance; in the whole form 50 bytes an operation would be more than this
const MOST_GROWTH_BYTES = 2_500_000;
const POOL = 4;

const COUNTED = ['connections', 'sockets', 'listenersOnSocket', 'listenersOnProcess', 'timers'] as const;

onEveryServer('many operations on a', (dialect) => {
  it(`leave connections, listeners and memory flat: ${OPERATIONS} of them`, async () => {
    const database = await freshDatabase(dialect);
    const { samples, left } = await runProcess<{ samples: Sample[]; left: number }>('flat-process.ts', [
      database.url,
      String(seed),
      String(OPERATIONS),
    ]);
    // the first rounds fill caches and the pool
    const [early, late] = [samples.slice(3, samples.length / 2), samples.slice(samples.length / 2)];
    console.log(
      [early, late]
        .map((half) => `heap ${median(half, 'heapBytes')}, outside ${median(half, 'outsideHeapBytes')}`)
        .join('; then '),
    );
    for (const what of COUNTED) {
      expect({ what, most: most(late, what) }).toEqual({ what, most: Math.min(most(early, what), most(late, what)) });
    }
    expect(most(samples, 'connections')).toBeLessThanOrEqual(POOL);
    expect(most(samples, 'sockets')).toBeLessThanOrEqual(POOL);
    expect({ inUse: most(samples, 'inUse'), onSignal: most(samples, 'listenersOnSignal') }).toEqual({
      inUse: 0,
      onSignal: 0,
    });
    for (const memory of ['heapBytes', 'outsideHeapBytes'] as const) {
      expect(median(late, memory) - median(early, memory)).toBeLessThan(MOST_GROWTH_BYTES);
    }
    expect(left).toBe(0);
    await database.remove();
  });
});

function most(samples: readonly Sample[], what: keyof Sample): number {
  return Math.max(...samples.map((sample) => sample[what]));
}

function median(samples: readonly Sample[], what: keyof Sample): number {
  const values = samples.map((sample) => sample[what]).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] as number;
}
