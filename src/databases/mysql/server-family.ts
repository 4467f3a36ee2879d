import { createHash } from 'node:crypto';
import { type Dialect as KyselyDialect, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler } from 'kysely';
import type { ConnectionOptions } from 'mysql2';
import { mysqlMigrations } from '../../../migrations/mysql/migrations.ts';
import type { ServerTarget } from '../../config/target.ts';
import { classifyError } from '../../errors/translate-error.ts';
import { serverStorage } from '../column-storage.ts';
import type { ConnectionSettings } from '../connection-settings.ts';
import { type Dialect, type Execute, numberOf, quote } from '../dialect.ts';
import type { PhysicalConnection } from '../physical-connection.ts';
import { singleConnection } from '../pool/connection-source.ts';
import { KyselyDriver } from '../pool/kysely-driver.ts';
import { rowLiterals } from '../sql-literals.ts';
import { COLUMNS_OF_TABLE, findColumnDrift } from './column-drift.ts';
import { LostStatements } from './lost-statements.ts';
import { connectToServer, openMySqlConnection } from './open-mysql-connection.ts';
import { ProcessList } from './process-list.ts';
import type { ServerSession } from './server-session.ts';
import { familySession, migrationSession, type SessionSettings, sessionSettings } from './session-statements.ts';

type Differences =
  | 'withMigrationLock'
  | 'twoPhase'
  | 'rawSql'
  | 'name'
  | 'label'
  | 'ormDriver'
  | 'upsert'
  | 'openConnection'
  | 'countRows';

/** A working server answers a connection in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;

const TABLE_ESTIMATE =
  'select table_name as name, table_rows as estimate, data_length + index_length as bytes from information_schema.tables where table_schema = database() and table_name = ?';

const VISIBLE_DEFINITIONS =
  'select (select count(*) from information_schema.check_constraints where constraint_schema = database()) as checks, ' +
  "(select count(*) from information_schema.tables t where t.table_schema = database() and t.table_type = 'BASE TABLE' " +
  'and not exists (select 1 from information_schema.columns c where c.table_schema = t.table_schema and c.table_name = t.table_name)) ' +
  'as without_columns';

/** Error numbers of a statement that reached its time limit; MySQL sends 1317 if several threads were counting. */
const TIME_LIMIT_REACHED: ReadonlySet<unknown> = new Set([1317, 1969, 3024]);

/** What MySQL and MariaDB have in common: the protocol, the types and most of SQL. */
export const serverFamily: Omit<Dialect, Differences> = {
  migrations: mysqlMigrations,
  // values are written into the text; only its length is limited
  maxParameters: Number.POSITIVE_INFINITY,
  rowLiterals,
  // a client's file is always loaded with IGNORE: a value that does not fit is truncated with a warning, so the
  // warnings must be checked
  loadFile: (table, columns) =>
    `load data local infile 'rows' ignore into table ${quote(table)} character set utf8mb4 ` +
    String.raw`fields terminated by '\t' escaped by '\\' lines terminated by '\n' (${columns.map(quote).join(', ')})`,

  lockingReads: true,

  kyselyDialect: (pool, observe): KyselyDialect => ({
    createAdapter: () => new MysqlAdapter(),
    createDriver: () => new KyselyDriver(pool, observe),
    createIntrospector: (db) => new MysqlIntrospector(db),
    createQueryCompiler: () => new MysqlQueryCompiler(),
  }),

  async probe(execute) {
    await execute('select 1 as alive');
  },

  async serverInfo(execute) {
    const { rows } = await execute('select version() as version, @@global.read_only as read_only');
    const version = String(rows[0]?.['version']);
    return {
      server: /mariadb/i.test(version) ? 'MariaDB' : 'MySQL',
      version,
      // a number on MySQL and older MariaDB, a text on MariaDB 12
      readOnly: !['0', 'OFF'].includes(String(rows[0]?.['read_only'])),
      replicationLagSeconds: await replicationLag(execute),
    };
  },

  unfinishedStatements: (settings) => watchOf(settings).lostStatements,

  snapshotSource: (pool) => pool,

  async estimateTables(execute, tables) {
    // one name finds a table among thousands at once; for a list of names MariaDB reads all tables
    const { rows } = await execute(tables.map(() => TABLE_ESTIMATE).join(' union all '), tables);
    const found = new Map(rows.map((row) => [String(row['name']), row]));
    for (const table of tables.filter((name) => !found.has(name))) {
      // the server's own error tells what is wrong: the table is missing, or may not be read
      await execute(`select 1 from ${quote(table)} limit 0`);
    }
    const known = tables.map((table) => ({
      rows: numberOf(found.get(table), 'estimate'),
      bytes: numberOf(found.get(table), 'bytes'),
    }));
    return { totalBytes: known.reduce((sum, { bytes }) => sum + bytes, 0), tables: known };
  },

  async collationDifferences(execute, tables, collation) {
    const { rows } = await execute(
      'select distinct table_name as name from information_schema.columns where table_schema = database() and collation_name <> ?',
      [collation],
    );
    return rows
      .map((row) => String(row['name']))
      .filter((name) => tables.includes(name))
      .map((name) => `alter table ${quote(name)} convert to character set utf8mb4 collate ${collation}`);
  },

  async findColumnDrift(execute, { name, columns }, collation) {
    const { rows } = await execute(COLUMNS_OF_TABLE, [name, name, name]);
    return { known: rows.length > 0, fault: findColumnDrift(name, columns, rows, collation) };
  },

  async seesAllTables(execute, tables) {
    // columns are visible with a privilege on them; MariaDB shows checks only with a privilege on the database
    const { rows } = await execute(VISIBLE_DEFINITIONS);
    let hasCheck = false;
    for (const table of tables) {
      hasCheck ||= /\bcheck \(/i.test(await definitionOf(execute, table));
    }
    return numberOf(rows[0], 'without_columns') === 0 && (numberOf(rows[0], 'checks') > 0 || !hasCheck);
  },

  // a text would be added as a double
  decimalSum: (column) => `${quote(column)} + cast(? as ${serverStorage.decimal.columnType})`,

  deleteLimited: (table, _keyColumns, condition, limit) =>
    `delete from ${quote(table)} where ${condition} limit ${limit}`,
};

/**
 * Migrates under a lock of the server. The lock belongs to the connection that also does the work, so losing the lock
 * ends the work. The time limits of ordinary statements do not apply to it. Each of its waits for a lock is limited by
 * `migrationLockTimeoutMs`, since all other statements on a table wait behind a migration that waits for it.
 *
 * @param own the session settings of this server
 */
export function migrationLock(...own: readonly SessionSettings[]): Dialect['withMigrationLock'] {
  return async ({ settings, createOrm }, work) => {
    const target = settings.target as ServerTarget;
    const seconds = Math.ceil(settings.migrationLockTimeoutMs / 1000);
    const session = sessionOf(settings, ...own, migrationSession(seconds));
    const connection = await openMySqlConnection(connectionOptions(settings), 0, session);
    const migrating = createOrm(serverFamily.kyselyDialect(singleConnection(connection)));
    try {
      const name = `tradestore.migrate.${createHash('sha256').update(target.database).digest('hex').slice(0, 32)}`;
      await takeLock(connection, name, seconds);
      return await work(migrating).catch((error: unknown) => {
        throw classifyError(error).kind === 'lock-timeout' ? lockedOut(seconds) : error;
      });
    } finally {
      await migrating.close();
      await connection.close();
    }
  };
}

/** The error of a migration that waited too long for a lock. What it has done stays; the next one goes on from there. */
function lockedOut(seconds: number): Error {
  const who = 'a transaction, LOCK TABLES or a backup';
  const message = `${who} has held a lock that the migration needs for ${seconds} s (SHOW PROCESSLIST); end it and migrate again`;
  return Object.assign(new Error(message), { code: 'MIGRATION_LOCK_TIMEOUT' });
}

async function takeLock(connection: PhysicalConnection, name: string, seconds: number): Promise<void> {
  const { rows } = await connection.execute('select get_lock(?, ?) as taken', [name, seconds]);
  const taken = rows[0]?.['taken'];
  if (taken !== 1) {
    // 0 after a timeout; null if the server gave up waiting for another, unknown reason
    const reason =
      taken === 0
        ? `another process has been migrating for ${seconds} s`
        : 'waiting for the migration lock was interrupted';
    throw Object.assign(new Error(reason), { code: 'MIGRATION_LOCK_TIMEOUT' });
  }
}

/** The driver's options for reaching the server. */
export function connectionOptions(
  settings: ConnectionSettings,
): ConnectionOptions & { readonly connectTimeout: number } {
  const target = settings.target as ServerTarget;
  return {
    ...(target.socketPath === undefined ? { host: target.host, port: target.port } : { socketPath: target.socketPath }),
    database: target.database,
    user: target.user,
    ...(target.password === undefined ? {} : { password: target.password }),
    connectTimeout: settings.connectTimeoutMs,
    compress: settings.compress,
    // the server may request files only if it is to get some
    flags: settings.bulkLoad ? [] : ['-LOCAL_FILES'],
  };
}

/** How connections with these settings are used. */
export function sessionOf(settings: ConnectionSettings, ...more: readonly SessionSettings[]): ServerSession {
  return {
    tls: settings.tls,
    silence: { silenceCheckMs: settings.silenceCheckMs, outageMs: settings.retry.outage.maxElapsedMs },
    ...watchOf(settings),
    initStatements: settings.initStatements,
    settings: sessionSettings(familySession(settings), ...more),
  };
}

/** Access to a server's connections from outside. */
type ServerWatch = Pick<ServerSession, 'processes' | 'lostStatements'>;

const watches = new WeakMap<ConnectionSettings, ServerWatch>();

/** One for all connections to a server, since they become silent and are lost together. */
function watchOf(settings: ConnectionSettings): ServerWatch {
  let watch = watches.get(settings);
  if (watch === undefined) {
    const processes = new ProcessList(() =>
      connectToServer({ ...connectionOptions(settings), connectTimeout: CONNECT_TIMEOUT_MS }, settings.tls),
    );
    watch = { processes, lostStatements: new LostStatements(processes) };
    watches.set(settings, watch);
  }
  return watch;
}

/** Counts by a statement with a time limit of the server; `undefined` if it was reached. */
export async function countWithinLimit(execute: Execute, countStatement: string): Promise<number | undefined> {
  try {
    const { rows } = await execute(countStatement);
    return numberOf(rows[0], 'count');
  } catch (error) {
    if (TIME_LIMIT_REACHED.has((error as { readonly errno?: unknown }).errno)) {
      return undefined;
    }
    throw error;
  }
}

async function replicationLag(execute: Execute): Promise<number | null> {
  try {
    const { rows } = await execute('show replica status');
    const lag = rows[0]?.['Seconds_Behind_Source'] ?? rows[0]?.['Seconds_Behind_Master'];
    return lag == null ? null : Number(lag);
  } catch (error) {
    // this needs a privilege that an ordinary account may lack
    if (classifyError(error).kind === 'access-denied') {
      return null;
    }
    throw error;
  }
}

/** The statement that creates a table; empty if there is no such table. */
async function definitionOf(execute: Execute, table: string): Promise<string> {
  try {
    const { rows } = await execute(`show create table ${quote(table)}`);
    return String(rows[0]?.['Create Table']);
  } catch (error) {
    if (classifyError(error).kind === 'schema') {
      return '';
    }
    throw error;
  }
}
