import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds; fails after a time, twenty seconds by default. */
export async function until(condition: () => boolean | Promise<boolean>, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new Error(`waited in vain for ${condition}`);
    }
    await sleep(10);
  }
}
