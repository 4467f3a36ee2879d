import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { type Database, testServers } from './servers/index.ts';

const PLAIN =
  'set autocommit = 1, completion_type = 0, sql_select_limit = 18446744073709551615, sql_safe_updates = 0, ' +
  "sql_big_selects = 1, foreign_key_checks = 1, time_zone = 'SYSTEM', default_storage_engine = InnoDB, " +
  "innodb_lock_wait_timeout = 50, lock_wait_timeout = 3600, sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION' " +
  '/*!80000 , max_execution_time = 0 *//*M! , max_statement_time = 0, check_constraint_checks = 1, sql_if_exists = 0 */';

const SQLITE_BUSY = 5;
const LOCK_MS = 20_000;

/** An empty database of its own. */
export interface FreshDatabase {
  readonly dialect: Database;
  readonly url: string;
  /** Sends a statement without the library. */
  sql(statement: string): Promise<unknown>;
  /** Removes it; throws where a connection to it is still open. */
  remove(): Promise<void>;
}

/** Makes an empty database: a file in a folder of its own, or a database on the run's server. */
export async function freshDatabase(dialect: Database): Promise<FreshDatabase> {
  return dialect === 'sqlite' ? freshFile() : freshOnServer(dialect);
}

async function freshFile(): Promise<FreshDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'tradestore-test-'));
  const path = join(folder, 'test.db');
  return {
    dialect: 'sqlite',
    url: `sqlite:${path}`,
    sql: async (statement) => {
      const { DatabaseSync } = await import('node:sqlite');
      const db = new DatabaseSync(path, { timeout: 0 });
      try {
        // the library in this process may hold the lock, and could not release it while SQLite itself waited
        for (const end = performance.now() + LOCK_MS; ; ) {
          try {
            return db.prepare(statement).all();
          } catch (error) {
            if ((error as { readonly errcode?: number }).errcode !== SQLITE_BUSY || performance.now() > end) {
              throw error;
            }
          }
          await sleep(5);
        }
      } finally {
        db.close();
      }
    },
    remove: async () => {
      // the last connection to close takes the log with it
      const left = existsSync(`${path}-wal`);
      await rm(folder, { recursive: true });
      if (left) {
        throw new Error('a connection to the database file is still open');
      }
    },
  };
}

async function freshOnServer(dialect: Exclude<Database, 'sqlite'>): Promise<FreshDatabase> {
  const server = testServers().find((candidate) => candidate.dialect === dialect);
  if (server === undefined) {
    throw new Error(`this run has no ${dialect} server`);
  }
  return freshOn(server.url, dialect);
}

/** Makes an empty database on a server. */
export async function freshOn(serverUrl: string, dialect: Exclude<Database, 'sqlite'>): Promise<FreshDatabase> {
  const name = `tradestore_${randomBytes(6).toString('hex')}`;
  // the driver accepts only the scheme mysql:
  const admin = await createConnection(serverUrl.replace(/^mariadb:/, 'mysql:'));
  // these statements must not depend on the server's defaults
  await admin.query('set session transaction read write');
  await admin.query(PLAIN);
  await admin.query(`create database ${name}`);
  await admin.query(`use ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return {
    dialect,
    url: url.href,
    sql: async (statement) => (await admin.query(statement))[0],
    remove: async () => {
      const left = await openConnections(admin, name);
      await admin.query(`drop database ${name}`);
      await admin.end();
      if (left > 0) {
        throw new Error(`${left} connections to the database are still open`);
      }
    },
  };
}

/** Counts the connections to a database; one that was just closed may be listed for a moment longer. */
async function openConnections(admin: Connection, name: string): Promise<number> {
  const statement =
    'select count(*) as open from information_schema.processlist where db = ? and id <> connection_id()';
  for (let look = 1; ; look += 1) {
    const last = look === 200;
    // a server fails to list a statement, run by another test, whose letters do not fit its list
    const open = await admin.query(statement, [name]).then(
      ([rows]) => Number((rows as { open: number }[])[0]?.open),
      (error: unknown) => (last ? Promise.reject(error) : undefined),
    );
    if (open === 0 || (last && open !== undefined)) {
      return open;
    }
    await sleep(50);
  }
}
