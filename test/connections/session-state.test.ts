import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { escapeId } from 'mysql2';
import { resolveSettings } from '../../src/config/settings.ts';
import type { PooledConnection } from '../../src/databases/pool/pooled-connection.ts';
import { Database } from '../../src/operations/database.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { testDatabases } from '../support/servers/index.ts';

type Columns = Record<string, unknown>;

/** A pool of one connection, so that each caller has the connection of the one before. */
const openOne = (url: string): Promise<Database> =>
  Database.open(resolveSettings('test', { url, pool: { min: 1, max: 1 } }));

async function withConnection<T>(database: Database, work: (pooled: PooledConnection) => Promise<T>): Promise<T> {
  const pooled = await database.acquireConnection();
  try {
    return await work(pooled);
  } finally {
    pooled.release();
  }
}

const touching = <T>(database: Database, work: (pooled: PooledConnection) => Promise<T>): Promise<T> =>
  withConnection(database, (pooled) => {
    pooled.markDirty();
    return work(pooled);
  });

const firstRow = async (pooled: PooledConnection, sql: string): Promise<Columns> =>
  (await pooled.execute(sql)).rows[0] as Columns;

/** The account at work, as a statement names it. */
const userOf = async (pooled: PooledConnection): Promise<string> => {
  const { user } = await firstRow(pooled, 'select current_user() as user');
  return String(user).replace(/^(.*)@(.*)$/, "'$1'@'$2'");
};

const SERVER_STATE = `select @@session.sql_mode as sql_mode, @@session.time_zone as time_zone,
  @@session.autocommit as autocommit, @@session.character_set_client as charset_client,
  @@session.character_set_results as charset_results, @@session.collation_connection as collation,
  @@session.foreign_key_checks as fk, @@session.unique_checks as uq, @@session.max_join_size as max_join,
  @@session.sql_safe_updates as safe, @@session.net_write_timeout as patience, database() as db,
  current_role() as role, connection_id() as id`;

onEveryServer('what is left of a session on a', (dialect) => {
  let database: FreshDatabase;
  let one: Database;

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    await database.sql('create table kept (n int primary key)');
    one = await openOne(database.url);
  });
  afterAll(async () => {
    await one.close(false);
    await database.remove();
  });

  it('is nothing of its variables, its modes, its encoding and its current database', async () => {
    const state = (): Promise<Columns> => withConnection(one, (pooled) => firstRow(pooled, SERVER_STATE));
    const before = await state();
    await touching(one, async (pooled) => {
      for (const sql of [
        "set session sql_mode = '', time_zone = '+03:00', autocommit = 0, sql_safe_updates = 1, foreign_key_checks = 0",
        'set session unique_checks = 0, max_join_size = 7, net_write_timeout = 3',
        "set names latin1, @mine = 'mine'",
        'use information_schema',
      ]) {
        await pooled.execute(sql);
      }
      expect(await firstRow(pooled, SERVER_STATE)).not.toEqual(before);
    });
    expect(await state()).toEqual(before);
    expect(await withConnection(one, (pooled) => firstRow(pooled, 'select @mine as mine'))).toEqual({ mine: null });
  });

  it('is no temporary table, prepared statement or lock', async () => {
    const id = (pooled: PooledConnection) => firstRow(pooled, 'select connection_id() as id');
    const before = await withConnection(one, id);
    await touching(one, async (pooled) => {
      await pooled.execute('create temporary table mine (n int)');
      await pooled.execute("prepare mine from 'select 1'");
      await pooled.execute("select get_lock('mine', 0)");
      await pooled.execute('lock tables kept write');
    });
    expect(await withConnection(one, id)).toEqual(before);
    await withConnection(one, async (pooled) => {
      await expect(pooled.execute('select * from mine')).rejects.toMatchObject({ errno: 1146 });
      await expect(pooled.execute('execute mine')).rejects.toMatchObject({ errno: 1243 });
      expect(await firstRow(pooled, "select is_free_lock('mine') as free")).toEqual({ free: 1 });
    });
    await database.sql('insert into kept values (99)');
  });

  it('is no role', async () => {
    const role = `reader_${randomBytes(6).toString('hex')}`;
    const now = (): Promise<Columns> =>
      withConnection(one, (pooled) => firstRow(pooled, 'select current_role() as role'));
    const before = await now();
    await database.sql(`create role ${role}`);
    try {
      await touching(one, async (pooled) => {
        await pooled.execute(`grant ${role} to ${await userOf(pooled)}`);
        await pooled.execute(`set role ${role}`);
        expect(await firstRow(pooled, 'select current_role() as role')).not.toEqual(before);
      });
      expect(await now()).toEqual(before);
    } finally {
      await database.sql(`drop role ${role}`);
    }
  });

  it('is nothing of another database, however odd the name of its own is', async () => {
    const url = new URL(database.url);
    const name = `${url.pathname.slice(1)} \`'"; drop`;
    await database.sql(`create database ${escapeId(name, true)}`);
    url.pathname = `/${encodeURIComponent(name)}`;
    const odd = await openOne(url.href);
    try {
      await touching(odd, (pooled) => pooled.execute('use information_schema'));
      expect(await withConnection(odd, (pooled) => firstRow(pooled, 'select database() as db'))).toEqual({ db: name });
    } finally {
      await odd.close(false);
      await database.sql(`drop database ${escapeId(name, true)}`);
    }
  });

  it('is not handed on where it cannot be reset: the connection is closed', async () => {
    const id = (pooled: PooledConnection) => firstRow(pooled, 'select connection_id() as id');
    const before = await touching(one, async (pooled) => {
      const row = await id(pooled);
      await database.sql(`kill ${String(row['id'])}`);
      return row;
    });
    expect(await withConnection(one, id)).not.toEqual(before);
  });
});

describe.each(testDatabases())('what is left of a session on %s', (dialect) => {
  let database: FreshDatabase;
  let one: Database;

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    one = await openOne(database.url);
    await withConnection(one, (pooled) => pooled.execute('create table kept_rows (n int primary key)'));
  });
  afterAll(async () => {
    await one.close(false);
    await database.remove();
  });

  const count = (): Promise<Columns> =>
    withConnection(one, (pooled) => firstRow(pooled, 'select count(*) as n from kept_rows'));

  it('is no open transaction: it is undone', async () => {
    await touching(one, async (pooled) => {
      await pooled.execute('begin');
      await pooled.execute('insert into kept_rows values (1)');
    });
    expect(await count()).toEqual({ n: 0 });
    // the next one begins and commits its own
    await withConnection(one, async (pooled) => {
      await pooled.execute('begin');
      await pooled.execute('insert into kept_rows values (2)');
      await pooled.execute('commit');
    });
    expect(await database.sql('select n from kept_rows')).toMatchObject([{ n: 2 }]);
  });

  it('is nothing that the next caller in the queue sees', async () => {
    const first = touching(one, async (pooled) => {
      const waiting = withConnection(one, (next) =>
        next.execute('select * from mine').catch((error: unknown) => error),
      );
      await pooled.execute('create temporary table mine (n int)');
      return { waiting };
    });
    expect(await (await first).waiting).toMatchObject({
      message: expect.stringMatching(/no such table|doesn't exist/),
    });
  });
});

const SQLITE_PRAGMAS = [
  'foreign_keys = off',
  'recursive_triggers = on',
  'query_only = on',
  'busy_timeout = 1',
  'cache_size = 10',
  'synchronous = off',
  'ignore_check_constraints = on',
  'reverse_unordered_selects = on',
  'read_uncommitted = on',
  'case_sensitive_like = on',
  'locking_mode = exclusive',
];

describe.each(['a file', 'memory'])('what is left of an embedded session in %s', (where) => {
  let file: FreshDatabase;
  let one: Database;

  beforeAll(async () => {
    file = await freshDatabase('sqlite');
    one = await openOne(where === 'memory' ? 'sqlite::memory:' : file.url);
    await withConnection(one, (pooled) => pooled.execute('create table kept (n int)'));
  });
  afterAll(async () => {
    await one.close(false);
    await file.remove();
  });

  it.each(SQLITE_PRAGMAS)('is not "%s"', async (setting) => {
    const name = setting.split(' ')[0] as string;
    const look = (): Promise<Columns[]> =>
      withConnection(one, async (pooled) => [
        (await pooled.execute(`pragma ${name}`)).rows[0] as Columns,
        await firstRow(pooled, "select 'a' like 'A' as alike"),
      ]);
    const before = await look();
    await touching(one, (pooled) => pooled.execute(`pragma ${setting}`));
    expect(await look()).toEqual(before);
    // and no other session is kept out
    if (where !== 'memory') {
      await file.sql('insert into kept values (1)');
    }
  });

  it('is no temporary table, view or trigger, and no other file', async () => {
    await touching(one, async (pooled) => {
      for (const sql of [
        'create temporary table mine (n integer primary key autoincrement)',
        'create temporary view seen as select 1',
        'create temporary trigger watching after insert on kept begin select 1; end',
        "attach ':memory:' as other",
        'create table other.theirs (n int)',
      ]) {
        await pooled.execute(sql);
      }
    });
    const left = await withConnection(one, async (pooled) => [
      ...(await pooled.execute('select name from pragma_database_list where seq > 1')).rows,
      ...(await pooled.execute("select name from temp.sqlite_schema where name not like 'sqlite_%'")).rows,
    ]);
    expect(left).toEqual([]);
    expect(await withConnection(one, (pooled) => firstRow(pooled, 'select count(*) as n from kept'))).toBeDefined();
  });
});
