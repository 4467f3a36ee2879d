import type { FreshDatabase } from './fresh-database.ts';
import { until } from './until.ts';

/** InnoDB keeps its answer until nobody has asked for a tenth of a second. */
const LOOK_EVERY_MS = 150;

/**
 * Waits until a statement waits at the server for the lock of a row. The list of processes does not say so: a
 * statement that was just answered is still in it, and one that has just begun has not asked for its lock.
 *
 * @param statement what the statement is `like`
 * @returns the number of its connection
 */
export async function untilLockWait({ sql }: Pick<FreshDatabase, 'sql'>, statement: string): Promise<number> {
  const look =
    'select trx_mysql_thread_id as id from information_schema.innodb_trx ' +
    `where trx_state = 'LOCK WAIT' and trx_query like '${statement}'`;
  let found: { id: number }[] = [];
  await until(
    async () => {
      found = (await sql(look)) as typeof found;
      return found.length > 0;
    },
    { everyMs: LOOK_EVERY_MS },
  );
  return Number(found[0]?.id);
}
