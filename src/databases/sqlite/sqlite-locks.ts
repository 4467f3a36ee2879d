import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';

const BUSY = 5;
const READ_ONLY = 8;
const CANNOT_OPEN = 14;
/** Another connection changed what the transaction has read: waiting does not help. Source: sqlite.org/rescode.html */
const BUSY_SNAPSHOT = 517;
const LONGEST_PAUSE_MS = 25;
const LONGEST_WITHOUT_TURN_MS = 10;

let lastTurn = 0;

/** Whether SQLite refused because another connection has the lock. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === BUSY;
}

/** Whether SQLite refused because the file, or one beside it, could not be opened for writing. */
export function isUnwritable(error: unknown): boolean {
  return [READ_ONLY, CANNOT_OPEN].includes(primaryCode(error));
}

function primaryCode(error: unknown): number {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : 0;
}

/**
 * Repeats work on a file until no other connection holds its lock. SQLite itself would wait by sleeping, which blocks
 * the whole process. A statement that was refused for a lock has changed nothing.
 *
 * SQLite answers without a turn of the event loop, so a loop that awaits one statement after the other would keep timers,
 * signals and sockets waiting. They get a turn every few milliseconds, but not inside a transaction, whose lock nobody
 * should wait for.
 *
 * @param timeoutMs after which SQLite's error is thrown
 */
export async function untilUnlocked<T>(db: DatabaseSync, timeoutMs: number, work: () => T): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    try {
      const result = work();
      if (!db.isTransaction && performance.now() - lastTurn > LONGEST_WITHOUT_TURN_MS) {
        await nextTurn();
        lastTurn = performance.now();
      }
      return result;
    } catch (error) {
      const { errcode } = error as { errcode?: unknown };
      if (!isBusy(error) || errcode === BUSY_SNAPSHOT || performance.now() >= end) {
        throw error;
      }
    }
    await sleep(pauseMs);
  }
}
