import type { PhysicalConnection } from '../physical-connection.ts';

/** A server that is frozen does not answer a farewell either. */
const LONGEST_FAREWELL_MS = 2_000;

/** Whether it answers; one that cannot be asked is taken to. */
export async function isAlive(connection: PhysicalConnection): Promise<boolean> {
  return (await connection.check?.().catch(() => false)) ?? true;
}

/** Resets its session, and says whether it may be lent again: one whose loss would lose what is stored always may. */
export async function resetSession(connection: PhysicalConnection): Promise<boolean> {
  try {
    await connection.reset?.();
    return true;
  } catch {
    return !connection.replaceable;
  }
}

/** Closes it, by force where the server takes its time. */
export async function closeSoon(connection: PhysicalConnection): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    connection.abort();
    late.resolve();
  }, LONGEST_FAREWELL_MS);
  await Promise.race([connection.close(), late.promise]).catch(() => connection.abort());
  clearTimeout(timer);
}
