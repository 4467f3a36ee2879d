import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { PhysicalConnection } from '../databases/physical-connection.ts';
import { openSqliteConnection } from '../databases/sqlite/sqlite-connection.ts';
import { isBusy, isUnwritable } from '../databases/sqlite/sqlite-locks.ts';

const LOCK = 'spool.lock';
/** A process that only looks whether the lock is held has it for a moment. */
const PATIENCE_MS = 100;

/** This process, as error messages of other processes name it. */
export const THIS_PROCESS = `process ${process.pid} on ${hostname()}`;

/**
 * Locks a spool for this process. The operating system holds the lock, on a file of its own: it ends with the process
 * in any case, and other processes can still read the spool.
 *
 * @returns the connection that holds the lock until it is closed; `undefined` if another process has it
 */
export async function lockSpool(directory: string): Promise<PhysicalConnection | undefined> {
  let connection: PhysicalConnection | undefined;
  try {
    connection = await openSqliteConnection(join(directory, LOCK), PATIENCE_MS, 'persist');
    await connection.execute('begin immediate', []);
    // changes nothing; if the file is read-only, SQLite has begun without a lock and fails here
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

/** Whether a process holds the lock now; `undefined` if that cannot be known because the file is read-only. */
export async function isLocked(directory: string): Promise<boolean | undefined> {
  // a look creates no file
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
