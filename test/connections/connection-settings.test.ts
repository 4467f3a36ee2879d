import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, jest } from '@jest/globals';
import { resolveSettings } from '../../src/config/settings.ts';
import { numberOf } from '../../src/databases/dialect.ts';
import type { Row } from '../../src/databases/physical-connection.ts';
import { DatabaseOperations, type DatabaseOptions } from '../../src/index.ts';
import { Database } from '../../src/operations/database.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { ALWAYS, candle, point, SERIES } from '../support/samples.ts';

const ALLOWED_MODES = [
  'STRICT_TRANS_TABLES',
  'TRADITIONAL',
  'ONLY_FULL_GROUP_BY',
  'NO_AUTO_VALUE_ON_ZERO',
  'NO_UNSIGNED_SUBTRACTION',
  'PIPES_AS_CONCAT',
  'IGNORE_SPACE',
];

onEveryServer('a connection to a', (dialect) => {
  let database: FreshDatabase;
  const opened: { close(force: boolean): Promise<unknown> }[] = [];

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    const db = new DatabaseOperations({ url: database.url });
    await db.migrations.up();
    await db.close();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close(false)));
    await database.sql('delete from market_data');
    await database.sql('delete from raw_trades');
  });
  afterAll(() => database.remove());

  async function open(options: DatabaseOptions): Promise<Database> {
    const one = await Database.open(resolveSettings('test', { url: database.url, ...options }));
    opened.push(one);
    return one;
  }

  function instance(options: DatabaseOptions): DatabaseOperations {
    const db = new DatabaseOperations({ url: database.url, ...options });
    opened.push({ close: () => db.close() });
    return db;
  }

  const rowOf = async (one: Database, sql: string): Promise<Row | undefined> =>
    (await one.session().execute(sql)).rows[0];

  /** What every instance has to be able to do. */
  async function workout(db: DatabaseOperations): Promise<void> {
    const candles = Array.from({ length: 3_000 }, (_, minute) => candle(minute));
    expect(await db.marketData.upsertCandles(candles)).toMatchObject({ inserted: 3_000 });
    expect(await db.marketData.upsertCandles(candles, { forceUpdate: true })).toMatchObject({ unchanged: 3_000 });
    expect(await db.marketData.getCandles({ ...SERIES, ...ALWAYS, limit: 5_000 })).toHaveLength(3_000);
    await db.rawTrades.insertMany([point(1, { payload: { text: '币安 🚀 \\ \' " `' } })]);
    expect(await db.rawTrades.getRawDataStats()).toBeDefined();
    const { id } = await db.bots.add({
      name: `bot ${Math.random()}`,
      strategyName: 's',
      exchange: 'okx',
      symbol: 'BTC-USDT',
      timeframe: '1m',
      virtualBalance: '1000',
      currentBalance: '1000',
    });
    await db.bots.update(id, { currentBalance: '990' });
    expect(await db.bots.delete(id)).toBe(true);
    expect((await db.getStats()).candleCount).toBe(3_000);
    expect(await db.health()).toMatchObject({ healthy: true });
    expect(await db.migrations.check()).toMatchObject({ ok: true });
  }

  it('has the modes that are always on, and those that are added', async () => {
    const one = await open({ sqlMode: ALLOWED_MODES });
    const { modes } = (await rowOf(one, 'select @@session.sql_mode as modes')) ?? {};
    expect(String(modes).split(',')).toEqual(
      expect.arrayContaining(['STRICT_ALL_TABLES', 'NO_ZERO_DATE', 'NO_ENGINE_SUBSTITUTION', ...ALLOWED_MODES]),
    );
  });

  it('does all that it does with every mode that may be added', async () => {
    await workout(instance({ sqlMode: ALLOWED_MODES }));
  });

  it('speaks utf8mb4 whatever the server and the collation', async () => {
    const one = await open({ charset: 'utf8mb4_bin' });
    const state =
      'select @@character_set_client as c, @@character_set_results as r, @@collation_connection as collation';
    expect(await rowOf(one, state)).toEqual({ c: 'utf8mb4', r: 'utf8mb4', collation: 'utf8mb4_bin' });
    await workout(instance({ charset: 'utf8mb4_bin' }));
  });

  it('says so where the server does not know a collation', async () => {
    expect(await failureOf(instance({ charset: 'utf8mb4_klingon_ci' }).connect())).toMatchObject({
      kind: 'configuration',
      attempts: 1,
      message: expect.stringContaining('DB_CHARSET'),
    });
  });

  it('sends the statements it is given, before those that it relies on, and again after a reset', async () => {
    const one = await open({
      pool: { min: 1, max: 1 },
      initStatements: [
        "set @mine = 'set'",
        "set session sql_mode = '', time_zone = '+05:00'",
        'use information_schema',
      ],
    });
    const look = () => rowOf(one, 'select @mine as mine, @@sql_mode as modes, @@time_zone as zone, database() as db');
    const first = await look();
    expect(first).toMatchObject({ mine: 'set', modes: expect.stringContaining('STRICT'), zone: '+00:00' });
    expect(first).toMatchObject({ db: new URL(database.url).pathname.slice(1) });
    const pooled = await one.acquireConnection();
    await pooled.execute("set @mine = 'changed', time_zone = '+01:00'");
    pooled.markDirty();
    pooled.release();
    expect(await look()).toEqual(first);
  });

  it('names the statement that the server refuses', async () => {
    const failure = await failureOf(instance({ initStatements: ['set @a = 1', "selec 'S3CR'"] }).connect());
    expect(failure).toMatchObject({ kind: 'configuration', attempts: 1 });
    expect(failure.message).toMatch(/initStatements\[1\].*DB_INIT_STATEMENTS/);
  });

  it('compresses, rows and files included, and writes nothing to the console', async () => {
    const one = await open({ compress: true });
    expect(await rowOf(one, "show session status like 'Compression'")).toMatchObject({ Value: 'ON' });
    expect(await rowOf(await open({}), "show session status like 'Compression'")).toMatchObject({ Value: 'OFF' });
    const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    await workout(instance({ compress: true }));
    expect(said.mock.calls).toEqual([]);
    said.mockRestore();
  });

  it('compresses without loading files', async () => {
    await workout(instance({ compress: 'zlib', bulkLoad: false }));
  });

  it('compresses what is larger than a packet', async () => {
    const one = await open({ compress: true });
    // the driver tells the console that it counts the envelopes of what it sent in another way than the server
    const said = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const limit = numberOf(await rowOf(one, 'select @@max_allowed_packet as bytes'), 'bytes');
    // a packet holds 16 MB; text without a pattern does not shrink below its half
    const noise = randomBytes(Math.floor((Math.min(limit, 40_000_000) - 1_000) / 2)).toString('hex');
    const { rows } = await one.session().execute('select ? as noise', [noise]);
    expect(rows[0]?.['noise'] === noise).toBe(true);
    said.mockRestore();
  });

  it('has the server end a statement that takes too long', async () => {
    const one = await open({ statementTimeoutMs: 200 });
    const start = performance.now();
    const slow = one
      .session()
      .execute(
        'select count(*) from information_schema.columns a, information_schema.columns b, information_schema.columns c',
      );
    await expect(slow).rejects.toMatchObject({ errno: dialect === 'mariadb' ? 1969 : 3024 });
    expect(performance.now() - start).toBeLessThan(15_000);
    // the connection goes on
    expect(await rowOf(one, 'select 1 as alive')).toEqual({ alive: 1 });
  });

  it('has no limit of time unless one is set, and none for migrations', async () => {
    const variable = dialect === 'mariadb' ? 'max_statement_time' : 'max_execution_time';
    const look = `select @@session.${variable} as milliseconds`;
    expect(Number((await rowOf(await open({}), look))?.['milliseconds'])).toBe(0);
    const limited = await open({ statementTimeoutMs: 5_000 });
    expect(Number((await rowOf(limited, look))?.['milliseconds'])).toBeGreaterThan(0);
    const host = {
      orm: limited.orm,
      settings: limited.settings,
      createOrm: limited.createOrm.bind(limited),
    };
    const rows = await limited.dialect.withMigrationLock(host, (orm) => orm.em.getConnection().execute(look));
    expect(Number((rows as Row[])[0]?.['milliseconds'])).toBe(0);
  });

  it('takes its address from an option file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tradestore-cnf-'));
    const path = join(folder, 'my.cnf');
    const { hostname, port, username, password, pathname } = new URL(database.url);
    const lines = [
      '[client]',
      `host=${hostname}`,
      `port=${port}`,
      `user="${decodeURIComponent(username)}"`,
      ...(password === '' ? [] : [`password="${decodeURIComponent(password)}"`]),
      '[tradestore]',
      `database=${pathname.slice(1)}`,
      'compress',
    ];
    await writeFile(path, lines.join('\n'));
    await chmod(path, 0o600);
    const db = new DatabaseOperations({ optionFile: path });
    await workout(db);
    await db.close();
    await rm(folder, { recursive: true });
  });
});
