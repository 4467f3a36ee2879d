import { hostname } from 'node:os';
import { join } from 'node:path';
import type { PhysicalConnection } from '../databases/physical-connection.ts';
import { openSqliteConnection } from '../databases/sqlite/sqlite-connection.ts';
import { isBusy } from '../databases/sqlite/sqlite-refusals.ts';

const LOCK = 'spool.lock';
/** Whoever only looks whether it is held has it for a moment. */
const PATIENCE_MS = 100;

/** Who has a spool, as others are told. */
export const HOLDER = `process ${process.pid} on ${hostname()}`;

/**
 * Takes a spool for this process alone. The lock is the operating system's, on a file of its own, so that it
 * ends with the process whatever the end is, and others may read the spool meanwhile.
 *
 * @returns what holds it until it is closed, or `undefined` where somebody else does
 */
export async function lockSpool(directory: string): Promise<PhysicalConnection | undefined> {
  let connection: PhysicalConnection | undefined;
  try {
    connection = await openSqliteConnection(join(directory, LOCK), PATIENCE_MS, 'persist');
    await connection.execute('begin immediate', []);
    return connection;
  } catch (error) {
    connection?.abort();
    if (isBusy(error)) {
      return undefined;
    }
    throw error;
  }
}

/** Whether somebody holds it now. */
export async function isLocked(directory: string): Promise<boolean> {
  const lock = await lockSpool(directory);
  lock?.abort();
  return lock === undefined;
}
