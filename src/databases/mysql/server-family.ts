import { createHash } from 'node:crypto';
import { type Dialect as KyselyDialect, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler } from 'kysely';
import type { ConnectionOptions } from 'mysql2';
import { mysqlMigrations } from '../../../migrations/mysql/migrations.ts';
import { classifyError } from '../../errors/translate-error.ts';
import { serverStorage } from '../column-storage.ts';
import type { ConnectionSettings, ServerSettings } from '../connection-settings.ts';
import { type Dialect, type Execute, numberOf, quote } from '../dialect.ts';
import type { PhysicalConnection } from '../physical-connection.ts';
import { type ConnectionSource, PooledDriver } from '../pool/pooled-connection.ts';
import { Unsettled } from '../pool/unsettled.ts';
import { rowLiterals } from '../sql-literals.ts';
import { COLUMNS_OF_TABLE, findColumnDrift } from './column-drift.ts';
import { connectToServer, openMySqlConnection } from './open-mysql-connection.ts';
import { ProcessList } from './process-list.ts';
import type { ServerSession } from './server-session.ts';
import { familySession, PATIENT_SESSION, type SessionSettings, sessionSettings } from './session-statements.ts';

type Differences =
  | 'withMigrationLock'
  | 'twoPhase'
  | 'callerStatements'
  | 'name'
  | 'label'
  | 'ormDriver'
  | 'upsert'
  | 'openConnection'
  | 'countRows';

/** A server that works greets in milliseconds. */
const LONGEST_GREETING_MS = 5_000;

const ESTIMATE_OF_TABLE =
  'select table_name as name, table_rows as estimate, data_length + index_length as bytes from information_schema.tables where table_schema = database() and table_name = ?';

const SHOWN_OF_TABLES =
  'select (select count(*) from information_schema.check_constraints where constraint_schema = database()) as checks, ' +
  "(select count(*) from information_schema.tables t where t.table_schema = database() and t.table_type = 'BASE TABLE' " +
  'and not exists (select 1 from information_schema.columns c where c.table_schema = t.table_schema and c.table_name = t.table_name)) ' +
  'as without_columns';

/** How a server says that it ended a statement for its time; MySQL says 1317 where several threads were counting. */
const ENDED_BY_SERVER: ReadonlySet<unknown> = new Set([1317, 1969, 3024]);

/** What MySQL and MariaDB have in common: the protocol, the types and most of the language. */
export const serverFamily: Omit<Dialect, Differences> = {
  migrations: { list: mysqlMigrations },
  // the values are written into the text; only its length is limited
  maxParameters: Number.POSITIVE_INFINITY,
  rowLiterals,
  fileLoad: {
    // a client's file is always loaded as with IGNORE: a value that does not fit is cut with a warning, so
    // whoever loads must check the warnings
    statement: (table, columns) =>
      `load data local infile 'rows' ignore into table ${quote(table)} character set utf8mb4 ` +
      String.raw`fields terminated by '\t' escaped by '\\' lines terminated by '\n' (${columns.map(quote).join(', ')})`,
  },
  embedded: false,

  kyselyDialect: (pool, observe): KyselyDialect => ({
    createAdapter: () => new MysqlAdapter(),
    createDriver: () => new PooledDriver(pool, observe),
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
      // a number on MySQL and older MariaDB, a word on MariaDB 12
      readOnly: !['0', 'OFF'].includes(String(rows[0]?.['read_only'])),
      replicationLagSeconds: await replicationLag(execute),
    };
  },

  unsettled: (settings) => watchOf(settings).unsettled,

  snapshotSource: (pool) => pool,

  async estimateTables(execute, tables) {
    // by its name a table is found at once among thousands; by a list of names MariaDB goes through all of them
    const { rows } = await execute(tables.map(() => ESTIMATE_OF_TABLE).join(' union all '), tables);
    const found = new Map(rows.map((row) => [String(row['name']), row]));
    for (const table of tables.filter((name) => !found.has(name))) {
      // the server says best what is wrong with it: it is not there, or may not be read
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
    const { rows } = await execute(COLUMNS_OF_TABLE, [name]);
    return { known: rows.length > 0, fault: findColumnDrift(name, columns, rows, collation) };
  },

  async seesAllTables(execute, tables) {
    // columns are shown to who has a right on them, and MariaDB shows checks to who has one on the database
    const { rows } = await execute(SHOWN_OF_TABLES);
    let hasCheck = false;
    for (const table of tables) {
      hasCheck ||= /\bcheck \(/i.test(await definitionOf(execute, table));
    }
    return numberOf(rows[0], 'without_columns') === 0 && (numberOf(rows[0], 'checks') > 0 || !hasCheck);
  },

  // text would be added as a double
  decimalSum: (column) => `${quote(column)} + cast(? as ${serverStorage.decimalType})`,

  deleteLimited: (table, _keyColumns, condition, limit) =>
    `delete from ${quote(table)} where ${condition} limit ${limit}`,
};

/**
 * Migrates under a lock of the server's. It belongs to its connection, which does the work too: so nothing is done
 * without the lock, nor ended by the limits of time that are meant for ordinary statements.
 *
 * @param own what a session of this server is set to
 */
export function withMigrationLockBy(...own: readonly SessionSettings[]): Dialect['withMigrationLock'] {
  return async ({ settings, createOrm }, work) => {
    const target = settings.target as ServerSettings;
    const session = sessionOf(settings, ...own, PATIENT_SESSION);
    const connection = await openMySqlConnection(connectionOptions(settings), 0, session);
    const only: ConnectionSource = {
      acquire: async () => connection,
      release: () => undefined,
      destroy: async () => undefined,
    };
    const migrating = createOrm(serverFamily.kyselyDialect(only));
    try {
      const name = `tradestore.migrate.${createHash('sha256').update(target.database).digest('hex').slice(0, 32)}`;
      await takeLock(connection, name, Math.ceil(settings.migrationLockTimeoutMs / 1000));
      return await work(migrating);
    } finally {
      await migrating.close();
      await connection.close();
    }
  };
}

async function takeLock(connection: PhysicalConnection, name: string, seconds: number): Promise<void> {
  const { rows } = await connection.execute('select get_lock(?, ?) as taken', [name, seconds]);
  const taken = rows[0]?.['taken'];
  if (taken !== 1) {
    // 0 where its time passed; null where the server gave up waiting, for a reason that it does not tell
    const reason =
      taken === 0
        ? `another process has been migrating for ${seconds} s`
        : 'waiting for the lock of migrations was cut short';
    throw Object.assign(new Error(reason), { code: 'MIGRATION_LOCK_TIMEOUT' });
  }
}

/** What the driver needs to reach the server. */
export function connectionOptions(settings: ConnectionSettings): ConnectionOptions {
  const target = settings.target as ServerSettings;
  return {
    ...(target.socketPath === undefined ? { host: target.host, port: target.port } : { socketPath: target.socketPath }),
    database: target.database,
    user: target.user,
    ...(target.password === undefined ? {} : { password: target.password }),
    connectTimeout: settings.connectTimeoutMs,
    compress: settings.compress,
    // a server may ask for files only where it is to get them
    flags: settings.bulkLoad ? [] : ['-LOCAL_FILES'],
  };
}

/** How a session is set. */
export function sessionOf(settings: ConnectionSettings, ...more: readonly SessionSettings[]): ServerSession {
  return {
    tls: settings.tls,
    silence: { silenceCheckMs: settings.silenceCheckMs, outageMs: settings.retry.outage.maxElapsedMs },
    ...watchOf(settings),
    initStatements: settings.initStatements,
    settings: sessionSettings(familySession(settings), ...more),
  };
}

/** What is known of a server's connections from outside of them. */
type ServerWatch = Pick<ServerSession, 'processes' | 'unsettled'>;

const watches = new WeakMap<ConnectionSettings, ServerWatch>();

/** One for all connections to a server: they fall silent, and are lost, together. */
function watchOf(settings: ConnectionSettings): ServerWatch {
  let watch = watches.get(settings);
  if (watch === undefined) {
    const processes = new ProcessList(() =>
      connectToServer({ ...connectionOptions(settings), connectTimeout: LONGEST_GREETING_MS }, settings.tls),
    );
    watch = { processes, unsettled: new Unsettled(processes) };
    watches.set(settings, watch);
  }
  return watch;
}

/** Counts with a statement that the server ends by itself; `undefined` where it did. */
export async function countUnlessEnded(execute: Execute, countStatement: string): Promise<number | undefined> {
  try {
    const { rows } = await execute(countStatement);
    return numberOf(rows[0], 'count');
  } catch (error) {
    if (ENDED_BY_SERVER.has((error as { readonly errno?: unknown }).errno)) {
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
    // asking needs a privilege that an ordinary account need not have
    if (classifyError(error).kind === 'access-denied') {
      return null;
    }
    throw error;
  }
}

/** The statement that makes a table; empty where there is none. */
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
