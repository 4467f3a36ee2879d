import { access, constants } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SqliteDriver } from '@mikro-orm/sql';
import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler } from 'kysely';
import { sqliteMigrations } from '../../../migrations/sqlite/migrations.ts';
import type { FileTarget } from '../../config/target.ts';
import { type Dialect, type Execute, numberOf, quote, type TableEstimate } from '../dialect.ts';
import type { Parameter } from '../physical-connection.ts';
import { singleConnection } from '../pool/connection-source.ts';
import { KyselyDriver } from '../pool/kysely-driver.ts';
import { ADD_DECIMALS, COUNT_UPDATED, openSqliteConnection } from './sqlite-connection.ts';
import { sqliteStatements } from './sqlite-statements.ts';

/** How long an attempt waits for another process's lock; further attempts belong to the retry budget. */
const LOCK_TIMEOUT_MS = 250;
const ROWS_PER_COUNT = 20_000;
const PAGES_READ_FOR_SIZES = 10_000;

/** Our pool already lends the one connection to one caller at a time. */
class PooledSqliteAdapter extends SqliteAdapter {
  override get supportsMultipleConnections(): boolean {
    return true;
  }
}

/** The embedded database: Node's own SQLite, with one file and one writer. */
export const sqliteDialect: Dialect = {
  name: 'sqlite',
  label: 'SQLite',
  ormDriver: SqliteDriver,
  migrations: sqliteMigrations,
  maxParameters: 32_766,
  rawSql: sqliteStatements,
  lockingReads: false,

  upsert: {
    rowAlias: '',
    incoming: (column) => `excluded.${quote(column)}`,
    onConflict: (keyColumns) => `on conflict (${keyColumns.map(quote).join(', ')}) do update set`,
    same: (left, right) => `${left} is ${right}`,
    countUpdated: (expression) => `${COUNT_UPDATED}(${expression})`,
    canSkipRow: true,
  },

  openConnection: (settings) => openSqliteConnection((settings.target as FileTarget).path, LOCK_TIMEOUT_MS),

  kyselyDialect: (pool, observe) => ({
    createAdapter: () => new PooledSqliteAdapter(),
    createDriver: () => new KyselyDriver(pool, observe),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  }),

  // a statement that reads no page would also succeed on a damaged file
  async probe(execute, tables) {
    const { rows } = await execute("select name from sqlite_schema where type = 'table'");
    for (const table of tables.filter((name) => rows.some((row) => row['name'] === name))) {
      await execute(`select 1 from ${quote(table)} limit 1`);
    }
  },

  async serverInfo(execute, settings) {
    const { rows } = await execute('select sqlite_version() as version, query_only from pragma_query_only');
    const { path } = settings.target as FileTarget;
    const writable = path === ':memory:' || (await access(path, constants.W_OK).then(...yesOrNo));
    return {
      server: 'SQLite',
      version: String(rows[0]?.['version']),
      readOnly: !writable || rows[0]?.['query_only'] === 1,
      replicationLagSeconds: null,
    };
  },

  // the pool's one connection is shared and must not wait for a slow reader. A file can have a second connection,
  // which sees the file as it was when reading began; a database in memory has only one
  snapshotSource(pool, settings) {
    if ((settings.target as FileTarget).path === ':memory:') {
      return pool;
    }
    return {
      acquire: () => this.openConnection(settings),
      release: (connection) => void connection.close(),
      destroy: async () => undefined,
    };
  },

  async estimateTables(execute, tables) {
    const file = await execute(
      'select page_count as pages, page_size as bytes from pragma_page_count(), pragma_page_size()',
    );
    const pages = numberOf(file.rows[0], 'pages');
    // to count a table's pages, SQLite reads all of them
    const sizes =
      pages > PAGES_READ_FOR_SIZES
        ? []
        : (await execute('select name, pgsize as bytes from dbstat where aggregate = true')).rows;
    const bytesOf = new Map(sizes.map((row) => [row['name'], numberOf(row, 'bytes')]));
    const known: TableEstimate[] = [];
    for (const table of tables) {
      known.push({ rows: await estimateRows(execute, table), bytes: bytesOf.get(table) ?? null });
    }
    return { totalBytes: pages * numberOf(file.rows[0], 'bytes'), tables: known };
  },

  // text is compared byte by byte unless a column says otherwise, which the ORM's schema comparison sees
  collationDifferences: async () => [],
  seesAllTables: async () => true,

  countRows: countInSlices,

  decimalSum: (column) => `${ADD_DECIMALS}(${quote(column)}, ?)`,

  // few builds of SQLite support DELETE … LIMIT
  deleteLimited: (table, keyColumns, condition, limit) => {
    const keys = keyColumns.map(quote).join(', ');
    return `delete from ${quote(table)} where (${keys}) in (select ${keys} from ${quote(table)} where ${condition} limit ${limit})`;
  },

  // the file's write lock is the migration lock, and DDL is transactional: so everything runs on one connection in
  // one transaction, and pending migrations are read after the lock was taken
  async withMigrationLock({ orm, settings, createOrm }, work) {
    if ((settings.target as FileTarget).path === ':memory:') {
      return work(orm);
    }
    const connection = await this.openConnection(settings);
    const migrating = createOrm(this.kyselyDialect(singleConnection(connection)));
    try {
      await connection.execute('begin immediate', []);
      const result = await work(migrating);
      await connection.execute('commit', []);
      return result;
    } finally {
      // closing rolls back what was not committed
      await migrating.close();
      await connection.close();
    }
  },
};

const yesOrNo = [() => true, () => false] as const;

/** SQLite cannot be interrupted, so a slice of the key is counted at a time, and other work runs in between. */
async function countInSlices(
  execute: Execute,
  table: string,
  keyColumns: readonly string[],
  limitMs: number,
): Promise<number | undefined> {
  const keys = keyColumns.map(quote).join(', ');
  const marks = keyColumns.map(() => '?').join(', ');
  const end = performance.now() + limitMs;
  let count = 0;
  let last: Parameter[] | undefined;
  // a slice is started only if one as long as the last would still finish in time
  for (let start = performance.now(), lastMs = 0; start + lastMs < end; ) {
    const after = last === undefined ? '' : `where (${keys}) > (${marks})`;
    const slice = `select ${keys} from ${quote(table)} ${after} order by ${keys}`;
    const { rows } = await execute(`${slice} limit 1 offset ${ROWS_PER_COUNT - 1}`, last ?? []);
    const row = rows[0];
    if (row === undefined) {
      const rest = await execute(`select count(*) as count from (${slice})`, last ?? []);
      return count + numberOf(rest.rows[0], 'count');
    }
    count += ROWS_PER_COUNT;
    last = keyColumns.map((column) => row[column] as Parameter);
    lastMs = performance.now() - start;
    await nextTurn();
    start = performance.now();
  }
  return undefined;
}

/**
 * Estimates a table's rows from the shape of its B-tree: the product of the average cells per page of each level, like
 * SQLite's own planner. It reads a few hundred pages, down to the first leaves.
 */
async function estimateRows(execute: Execute, table: string): Promise<number> {
  const { rows } = await execute('select path, ncell from dbstat where name = ? limit 400', [table]);
  if (rows.length === 0) {
    // each existing table has a page; SQLite's own error tells what is wrong
    await execute(`select 1 from ${quote(table)} limit 0`);
  }
  const levels = new Map<number, { pages: number; cells: number }>();
  for (const row of rows) {
    const depth = String(row['path']).split('/').length;
    const level = levels.get(depth) ?? { pages: 0, cells: 0 };
    levels.set(depth, { pages: level.pages + 1, cells: level.cells + numberOf(row, 'ncell') });
  }
  const deepest = Math.max(...levels.keys());
  let estimate = 1;
  for (const [depth, { pages, cells }] of levels) {
    // an inner page of n cells has n + 1 children
    estimate *= cells / pages + (depth === deepest ? 0 : 1);
  }
  return Math.round(estimate);
}
