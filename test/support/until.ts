import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds; fails after twenty seconds. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new Error(`waited in vain for ${condition}`);
    }
    await sleep(10);
  }
}
