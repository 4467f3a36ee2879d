import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something holds. By default it looks every ten milliseconds, and fails after a minute. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  { everyMs = 10, withinMs = 60_000 }: { readonly everyMs?: number; readonly withinMs?: number } = {},
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) {
      throw new Error(`waited in vain for ${condition}`);
    }
    await sleep(everyMs);
  }
}
