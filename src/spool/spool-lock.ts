import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { PhysicalConnection } from '../databases/physical-connection.ts';
import { openSqliteConnection } from '../databases/sqlite/sqlite-connection.ts';
import { isBusy, isUnwritable } from '../databases/sqlite/sqlite-locks.ts';

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
    // changes nothing; on a file that can only be read SQLite begins without a lock, and refuses this
    await connection.execute('pragma incremental_vacuum(0)', []);
    return connection;
  } catch (error) {
    connection?.abort();
    if (isBusy(error)) {
      return undefined;
    }
    throw error;
  }
}

/** Whether somebody holds it now; `undefined` where that cannot be seen, since the file can only be read. */
export async function isLocked(directory: string): Promise<boolean | undefined> {
  // whoever only looks leaves no file behind
  if (!existsSync(join(directory, LOCK))) {
    return false;
  }
  try {
    const lock = await lockSpool(directory);
    lock?.abort();
    return lock === undefined;
  } catch (error) {
    if (isUnwritable(error)) {
      return undefined;
    }
    throw error;
  }
}
