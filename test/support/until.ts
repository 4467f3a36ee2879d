import { setTimeout as sleep } from 'node:timers/promises';

const WITHIN_MS = 60_000;

/** Waits until something holds, and looks every ten milliseconds by default. Fails after a minute. */
export async function until(condition: () => boolean | Promise<boolean>, everyMs = 10): Promise<void> {
  const end = performance.now() + WITHIN_MS;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new Error(`waited in vain for ${condition}`);
    }
    await sleep(everyMs);
  }
}
