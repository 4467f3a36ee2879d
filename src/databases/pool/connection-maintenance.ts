import { withTimeout } from '../../async/waiting.ts';
import type { PhysicalConnection } from '../physical-connection.ts';

/** A frozen server does not answer the closing of a connection either. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Whether a connection responds. One without a check counts as alive. */
export async function isAlive(connection: PhysicalConnection): Promise<boolean> {
  return (await connection.check?.().catch(() => false)) ?? true;
}

/** Resets the session. Returns whether the connection may be lent again; one that holds the data itself always may. */
export async function resetSession(connection: PhysicalConnection): Promise<boolean> {
  try {
    await connection.reset?.();
    return true;
  } catch {
    return !connection.replaceable;
  }
}

/** Closes a connection, forcibly if the server does not respond in time. */
export async function closeInTime(connection: PhysicalConnection): Promise<void> {
  await withTimeout(CLOSE_TIMEOUT_MS, () => connection.close()).catch(() => connection.abort());
}
