import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Waits for work no longer than there is time; what is cut short goes on by itself.
 *
 * @throws an error of kind `timeout` when it takes longer than the limit
 */
export async function inTime<T>(limitMs: number, work: () => Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = sleep(limitMs, undefined, { signal: timer.signal }).then(() => {
    throw Object.assign(new Error(`no answer within ${Math.round(limitMs)} ms`), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
  });
  // when the work is first, the timer is called off, and its end is of no interest
  late.catch(() => undefined);
  try {
    return await Promise.race([work(), late]);
  } finally {
    timer.abort();
  }
}
