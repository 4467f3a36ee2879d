import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { ALWAYS, candle, SERIES } from '../support/samples.ts';
import { until } from '../support/until.ts';

const PAGE = join(import.meta.dirname, '../../docs/session-variables.md');
/** ER_GLOBAL_VARIABLE, ER_INCORRECT_GLOBAL_LOCAL_VAR: no session can set the variable. */
const NOT_OF_SESSIONS: ReadonlySet<number | undefined> = new Set([1229, 1238]);

/** What is set, with the value that it has then and another one that `initStatements` may have chosen. */
const SET: Record<'both' | 'mysql' | 'mariadb', readonly (readonly [name: string, value: string, other: string])[]> = {
  both: [
    ['character_set_client', 'utf8mb4', 'latin1'],
    ['character_set_connection', 'utf8mb4', 'latin1'],
    ['character_set_results', 'utf8mb4', 'latin1'],
    ['time_zone', '+00:00', "'+05:00'"],
    ['completion_type', 'NO_CHAIN', '1'],
    ['sql_select_limit', '18446744073709551615', '2'],
    ['sql_big_selects', '1', '0'],
    ['sql_safe_updates', '0', '1'],
    ['sql_auto_is_null', '0', '1'],
    ['foreign_key_checks', '1', '0'],
    ['unique_checks', '1', '0'],
    ['sql_notes', '1', '0'],
    ['sql_warnings', '0', '1'],
    ['default_week_format', '0', '3'],
    ['div_precision_increment', '4', '0'],
    ['group_concat_max_len', '1048576', '8'],
    ['max_sort_length', '1024', '8'],
    ['default_storage_engine', 'InnoDB', 'MyISAM'],
    ['sql_quote_show_create', '1', '0'],
  ],
  mysql: [
    ['transaction_isolation', 'REPEATABLE-READ', "'READ-UNCOMMITTED'"],
    ['transaction_read_only', '0', '1'],
    ['information_schema_stats_expiry', '0', '100'],
  ],
  mariadb: [
    ['tx_isolation', 'REPEATABLE-READ', "'READ-UNCOMMITTED'"],
    ['tx_read_only', '0', '1'],
    ['check_constraint_checks', '1', '0'],
    ['max_error_count', '65535', '1'],
    ['sql_if_exists', '0', '1'],
    ['old_mode', 'UTF8_IS_UTF8MB3', "''"],
    ['default_regex_flags', '', "'MULTILINE'"],
    ['max_recursive_iterations', '4294967295', '2'],
    ['note_verbosity', 'basic,explain', "''"],
    ['innodb_snapshot_isolation', '0', '1'],
  ],
};

/** What sessions could be set to, by the globals or by the user's own statements. */
const AGAINST_US = [
  "set session completion_type = 'CHAIN', sql_select_limit = 2, sql_safe_updates = 1, sql_auto_is_null = 1",
  'set session foreign_key_checks = 0, unique_checks = 0, sql_notes = 0, max_join_size = 1',
  "set session group_concat_max_len = 4, div_precision_increment = 0, lc_time_names = 'en_US'",
  'set session transaction read only',
  'set session transaction isolation level read uncommitted',
  'set session autocommit = 0',
];

onEveryServer('a session of a', (dialect) => {
  let database: FreshDatabase;

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    await using db = new DatabaseOperations({ url: database.url });
    await db.migrations.up();
  });
  afterAll(() => database.remove());

  /** Every variable that a session of this server can set. */
  async function variables(): Promise<string[]> {
    if (dialect === 'mariadb') {
      const rows = (await database.sql(
        "select lower(variable_name) as name from information_schema.system_variables where variable_scope <> 'GLOBAL'",
      )) as { name: string }[];
      return rows.map(({ name }) => name);
    }
    const all = (await database.sql('show session variables')) as { Variable_name: string }[];
    const found: string[] = [];
    for (const { Variable_name: name } of all) {
      const refusal = await database.sql(`set session ${name} = @@session.${name}`).then(
        () => undefined,
        (error: { errno?: number }) => error.errno,
      );
      if (!NOT_OF_SESSIONS.has(refusal)) {
        found.push(name);
      }
    }
    return found;
  }

  it('has no variable that docs/session-variables.md does not judge', async () => {
    const cells = (await readFile(PAGE, 'utf8')).matchAll(/^\| (`[^|]*`) \|/gm);
    const judged = new Set(
      [...cells].flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name)),
    );
    expect(judged.size).toBeGreaterThan(200);
    const unknown = (await variables()).filter((name) => !judged.has(name));
    const advice =
      'read what it does; set it in src/databases/mysql/session-statements.ts if it can change what a statement means or ' +
      'whether it is stored, and give it its line in docs/session-variables.md';
    expect({ unknown, advice }).toEqual({ unknown: [], advice });
  });

  it('stores what it acknowledges and reads it whole, whatever the session was before', async () => {
    const candles = Array.from({ length: 3_000 }, (_, minute) => candle(minute));
    await using db = new DatabaseOperations({ url: database.url, initStatements: AGAINST_US });
    await db.transaction((tx) => tx.marketData.upsertCandle(candle(0)));
    for (let minute = 1; minute < 20; minute += 1) {
      await db.marketData.upsertCandle(candle(minute));
    }
    expect(await db.marketData.upsertCandles(candles)).toMatchObject({ inserted: 2_980, unchanged: 20 });
    // seen by another connection: committed, and not only written
    expect(await database.sql('select count(*) as count from market_data')).toEqual([{ count: 3_000 }]);
    expect(await db.marketData.getCandles({ ...SERIES, ...ALWAYS, limit: 5_000 })).toHaveLength(3_000);
    expect((await db.marketData.getCandleColumns({ ...SERIES, ...ALWAYS, limit: 5_000 })).startTime).toHaveLength(
      3_000,
    );
    expect((await db.sql.query('select symbol from market_data')).length).toBe(3_000);
  });

  it('is set to each of what statements rely on, after all that was chosen before it', async () => {
    const known = new Set(await variables());
    const set = [...SET.both, ...SET[dialect]].filter(([name]) => known.has(name));
    expect(set.length).toBeGreaterThan(20);
    const others = `set ${set.map(([name, , other]) => `@@session.${name} = ${other}`).join(', ')}`;
    await using db = new DatabaseOperations({ url: database.url, initStatements: [others], pool: { max: 1 } });
    const values = `select ${set.map(([name]) => `@@session.${name} as ${name}`).join(', ')}`;
    const row = (await db.sql.first(values)) ?? {};
    const seen = Object.entries(row).map(([name, value]) => [name, String(value)]);
    expect(seen).toEqual(set.map(([name, value]) => [name, value]));
  });

  it('waits for its turn to migrate as long as configured, whatever time limits the session has', async () => {
    const fresh = await freshDatabase(dialect);
    const lock = lockOf(fresh);
    const limit = dialect === 'mariadb' ? 'max_statement_time = 0.01' : 'max_execution_time = 10';
    await fresh.sql(`select get_lock('${lock}', 0)`);
    await using db = new DatabaseOperations({
      url: fresh.url,
      initStatements: [`set session ${limit}, lock_wait_timeout = 1, innodb_lock_wait_timeout = 1`],
    });
    const migrated = db.migrations.up();
    await sleep(300);
    await fresh.sql(`select release_lock('${lock}')`);
    await expect(migrated).resolves.toHaveLength(2);
    await db.close();
    await fresh.remove();
  });

  it('reports what kept it from migrating: another process, or the end of its wait', async () => {
    const fresh = await freshDatabase(dialect);
    const lock = lockOf(fresh);
    const hasty = new DatabaseOperations({ url: fresh.url, migrationLockTimeoutMs: 1_000 });
    const patient = new DatabaseOperations({ url: fresh.url });
    try {
      await fresh.sql(`select get_lock('${lock}', 0)`);
      await expect(failureOf(hasty.migrations.up())).resolves.toMatchObject({
        kind: 'lock-timeout',
        code: 'MIGRATION_LOCK_TIMEOUT',
        message: expect.stringContaining('another process has been migrating for 1 s'),
      });
      const ended = failureOf(patient.migrations.up());
      await interruptWait(fresh, lock, ended);
      const reason = dialect === 'mariadb' ? 'waiting for the migration lock was interrupted' : 'interrupted';
      await expect(ended).resolves.toMatchObject({ message: expect.stringContaining(reason) });
    } finally {
      await Promise.all([hasty.close(), patient.close()]);
      await fresh.remove();
    }
  });
});

/** The name of the lock under which a database is migrated. */
function lockOf({ url }: FreshDatabase): string {
  const name = new URL(url).pathname.slice(1);
  return `tradestore.migrate.${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
}

/**
 * Interrupts the connection that waits for a lock, until its wait has ended. One look is not enough: a connection
 * that was just refused is still listed for a moment, and a KILL QUERY before the wait itself begins does nothing.
 */
async function interruptWait({ sql }: FreshDatabase, lock: string, wait: Promise<unknown>): Promise<void> {
  const waiting = `select id as id from information_schema.processlist where state = 'User lock' and info like '%${lock}%' and id <> connection_id()`;
  let over = false;
  void wait.then(() => {
    over = true;
  });
  await until(async () => {
    for (const { id } of (await sql(waiting)) as { id: number }[]) {
      await sql(`kill query ${id}`).catch(() => undefined);
    }
    return over;
  });
}
