import { createHash } from 'node:crypto';
import { type Dialect as KyselyDialect, MysqlAdapter, MysqlIntrospector, MysqlQueryCompiler } from 'kysely';
import { type ConnectionOptions, escape as written } from 'mysql2';
import { mysqlMigrations } from '../../migrations/mysql/migrations.ts';
import { classifyError } from '../errors/translate-error.ts';
import type { ConnectionSettings, ServerSettings } from './connection-settings.ts';
import { type Dialect, type Execute, numberOf, quote, type RowCount } from './dialect.ts';
import { LeasedDriver } from './driver/leased-driver.ts';
import { openMySqlConnection } from './driver/mysql-connection.ts';

type Differences = 'name' | 'label' | 'ormDriver' | 'upsert' | 'openConnection' | 'countRows';

/** What MySQL and MariaDB have in common: the protocol, the types and most of the language. */
export const serverFamily: Omit<Dialect, Differences> = {
  migrations: { list: mysqlMigrations },
  // the driver writes values into the text; only its length is limited
  maxParameters: Number.POSITIVE_INFINITY,
  embedded: false,

  kyselyDialect: (pool, observe): KyselyDialect => ({
    createAdapter: () => new MysqlAdapter(),
    createDriver: () => new LeasedDriver(pool, observe),
    createIntrospector: (db) => new MysqlIntrospector(db),
    createQueryCompiler: () => new MysqlQueryCompiler(),
  }),

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

  async maxStatementBytes(execute) {
    const { rows } = await execute('select @@max_allowed_packet as bytes');
    return numberOf(rows[0], 'bytes');
  },

  writtenBytes: (values) => Buffer.byteLength(written([...values])),

  async sizesOnDisk(execute, tables) {
    const { rows } = await execute(
      'select table_name as name, data_length + index_length as bytes from information_schema.tables where table_schema = database()',
    );
    const sizes = new Map(rows.map((row) => [String(row['name']), numberOf(row, 'bytes')]));
    return {
      total: [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0),
      tables: tables.map((table) => sizes.get(table) ?? null),
    };
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

  deleteLimited: (table, _keyColumns, condition, limit) =>
    `delete from ${quote(table)} where ${condition} limit ${limit}`,

  async exclusively({ orm, settings }, work) {
    // a lock belongs to its connection, so it gets one of its own: a pool of one must be able to migrate
    const target = settings.target as ServerSettings;
    const connection = await openMySqlConnection(connectionOptions(settings), 0);
    try {
      const name = `tradestore.migrate.${createHash('sha256').update(target.database).digest('hex').slice(0, 32)}`;
      const seconds = Math.ceil(settings.migrationLockTimeoutMs / 1000);
      const { rows } = await connection.execute('select get_lock(?, ?) as taken', [name, seconds]);
      if (numberOf(rows[0], 'taken') !== 1) {
        throw Object.assign(new Error(`another process has been migrating for ${seconds} s`), {
          code: 'MIGRATION_LOCK_TIMEOUT',
        });
      }
      return await work(orm);
    } finally {
      await connection.close();
    }
  },
};

/** What the driver needs to reach the server. */
export function connectionOptions(settings: ConnectionSettings): ConnectionOptions {
  const target = settings.target as ServerSettings;
  return {
    ...(target.socketPath === undefined ? { host: target.host, port: target.port } : { socketPath: target.socketPath }),
    database: target.database,
    user: target.user,
    ...(target.password === undefined ? {} : { password: target.password }),
    connectTimeout: settings.connectTimeoutMs,
  };
}

/** The server's own estimate of a table's rows, for when counting takes too long. */
export async function estimateRows(execute: Execute, table: string): Promise<RowCount> {
  const { rows } = await execute(
    'select table_rows as estimate from information_schema.tables where table_schema = database() and table_name = ?',
    [table],
  );
  return { count: numberOf(rows[0], 'estimate'), exact: false };
}

/** Counts with a statement the server ends by itself, or else estimates. */
export async function countOrEstimate(execute: Execute, table: string, countStatement: string): Promise<RowCount> {
  try {
    const { rows } = await execute(countStatement);
    return { count: numberOf(rows[0], 'count'), exact: true };
  } catch (error) {
    if (classifyError(error).kind !== 'timeout') {
      throw error;
    }
    return estimateRows(execute, table);
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
