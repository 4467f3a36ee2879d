import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { type CandleInput, DatabaseOperations, type DatabaseOptions } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { candle, SERIES } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';
import { until } from '../support/until.ts';

const FIRST = candle(0, { volume: '1' });
const SECOND = candle(0, { volume: '2' });
const INSERT = 'insert into `market_data`';
/** More connections than a server makes by itself when it starts. */
const AHEAD = 40;

type Write = (db: DatabaseOperations, version: CandleInput) => Promise<unknown>;

/** The ways to write a version of a candle, over the one that is stored. */
const WAYS: Readonly<Record<string, Write>> = {
  'a single write': (db, version) => db.marketData.upsertCandle(version, true),
  'a batch': (db, version) => db.marketData.upsertCandles([candle(1), version], { forceUpdate: true }),
  'a batch, all or none': (db, version) =>
    db.marketData.upsertCandles([candle(1), version], { forceUpdate: true, atomic: true }),
  'a writer': async (db, version) => {
    await using writer = db.marketData.candleWriter({ forceUpdate: true });
    writer.on('rejected', () => undefined);
    writer.write(version);
    await writer.flush();
  },
  'a transaction': (db, version) => db.transaction((tx) => tx.marketData.upsertCandle(version, true)),
};

const LOOKS_AT_A_STALL = 10;

onEveryServer('a statement that outlives its connection, on a real', (dialect) => {
  let server: OwnServer;
  let proxy: FaultProxy;
  let database: FreshDatabase;
  let admin: Connection;
  let url: string;
  const opened: DatabaseOperations[] = [];

  const instance = async (options: DatabaseOptions = {}): Promise<DatabaseOperations> => {
    const db = new DatabaseOperations({ url, pool: { max: 4 }, ...options });
    opened.push(db);
    await db.connect();
    return db;
  };

  /** The numbers of the connections that work on a statement; one that runs a trigger is listed as its author's. */
  const working = async (): Promise<number[]> => {
    const [rows] = await admin.query<RowDataPacket[]>(
      "select id from information_schema.processlist where db = database() and command <> 'Sleep' and id <> connection_id()",
    );
    return rows.map((row) => Number(Object.values(row)[0]));
  };
  /** The one that stalls: it is there at look after look, other than one that is only just reset or begins. */
  const oneWorks = async (): Promise<number> => {
    let found: number[] = [];
    let looks = 0;
    await until(async () => {
      const now = await working();
      looks = now.length === 1 && now[0] === found[0] ? looks + 1 : 0;
      found = now;
      return looks === LOOKS_AT_A_STALL;
    });
    return found[0] as number;
  };
  const stored = async (): Promise<number> => {
    await until(async () => (await working()).length === 0);
    const [rows] = await admin.query<RowDataPacket[]>(
      'select volume from market_data where start_time = (select min(start_time) from market_data)',
    );
    return Number(rows[0]?.['volume']);
  };

  beforeAll(async () => {
    server = await startServer(dialect, { flags: ['--local-infile=1'] });
    proxy = await openFaultProxy(server.url);
    database = await freshOn(server.url, dialect);
    const migrating = new DatabaseOperations({ url: database.url });
    await migrating.migrations.up();
    await migrating.close();
    admin = await createConnection(database.url.replace(/^mariadb:/, 'mysql:'));
    // it may do no more than its work takes: it has no right to see or to kill anything else
    await admin.query("create user collector@'127.0.0.1' identified by 'collecting'");
    await admin.query("grant select, insert, update, delete, trigger on *.* to collector@'127.0.0.1'");
    await admin.query('create table stalled (id bigint not null)');
    const through = new URL(proxy.through(database.url));
    through.username = 'collector';
    through.password = 'collecting';
    url = through.href;
  }, startServerTimeoutMs);

  afterEach(async () => {
    // a test that failed leaves nothing to the next one
    proxy.heal();
    await Promise.all(opened.splice(0).map((db) => db.close({ force: true })));
    await admin.query("select release_lock('stall')");
    await admin.query('unlock tables');
    await admin.query('delete from stalled');
    await admin.query('delete from market_data');
  });

  afterAll(async () => {
    await admin.end();
    await proxy.close();
    await server.stop();
  });

  /**
   * Makes the next statements of the pool's connections stall at the server, before they lock anything, and no others.
   *
   * @param author whose rights the trigger has that stalls: no other account may kill what runs it
   * @returns lets those that stall go on
   */
  const stall = async (db: DatabaseOperations, author = 'collector'): Promise<() => Promise<unknown>> => {
    await admin.query('drop trigger if exists stall');
    await admin.query(
      `create definer = ${author}@'127.0.0.1' trigger stall before insert on market_data for each row begin ` +
        'if exists (select 1 from stalled where id = connection_id()) ' +
        "then do get_lock('stall', 600); do release_lock('stall'); end if; end",
    );
    await admin.query("select get_lock('stall', 0)");
    await Promise.all(Array.from({ length: 4 }, () => db.sql.scalar('select sleep(0.1)')));
    await admin.query("insert into stalled select id from information_schema.processlist where user = 'collector'");
    return () => admin.query("select release_lock('stall')");
  };

  it.each(Object.keys(WAYS))('is ended before %s is repeated, and what comes later stays', async (way) => {
    const db = await instance();
    const write = WAYS[way] as Write;
    await stall(db);
    const first = write(db, FIRST);
    const lost = await oneWorks();
    proxy.resetAll();
    await first;
    expect(await working()).not.toContain(lost);
    await write(db, SECOND);
    expect(await stored()).toBe(2);
  });

  it('is waited for where the account may not end it', async () => {
    await admin.query("create user if not exists author@'127.0.0.1'");
    await admin.query("grant trigger, select on *.* to author@'127.0.0.1'");
    const db = await instance();
    const goOn = await stall(db, 'author');
    const first = db.marketData.upsertCandle(FIRST, true);
    const lost = await oneWorks();
    proxy.resetAll();
    await until(() => db.pool.pending > 0);
    await sleep(300);
    expect(await working()).toEqual([lost]);
    await goOn();
    await first;
    await db.marketData.upsertCandle(SECOND, true);
    expect(await stored()).toBe(2);
  });

  it('is ended before the next write of another kind, where it is not repeated', async () => {
    const db = await instance();
    await stall(db);
    const raw = failureOf(
      db.sql.execute(
        'insert into market_data (exchange, symbol, timeframe, start_time, open, high, low, close, volume, trade_count, closed) ' +
          "values ('okx', 'BTC-USDT', '1m', '2024-01-01', 1, 1, 1, 1, 1, 1, 1) on duplicate key update volume = 1",
      ),
    );
    await oneWorks();
    proxy.resetAll();
    await expect(raw).resolves.toMatchObject({ kind: 'connection', retryable: false });
    await db.marketData.upsertCandle(SECOND, true);
    expect(await stored()).toBe(2);
  });

  it('is ended when its time limit has passed, which only the client knows', async () => {
    const db = await instance({ queryTimeoutMs: 500, pool: { max: 1 } });
    await stall(db);
    const first = await failureOf(db.marketData.upsertCandle(FIRST, true));
    expect(first).toMatchObject({ kind: 'timeout' });
    await db.marketData.upsertCandle(SECOND, true);
    expect(await stored()).toBe(2);
  });

  it('is ended where it is a file', async () => {
    const db = await instance();
    const candles = Array.from({ length: 1_000 }, (_, minute) => candle(minute, { volume: '1' }));
    await stall(db);
    const loading = db.marketData.upsertCandles(candles);
    await until(async () => (await working()).length > 0);
    proxy.resetAll();
    await expect(loading).resolves.toMatchObject({ inserted: 1_000 });
    expect(await stored()).toBe(1);
    await expect(db.marketData.countCandles(SERIES)).resolves.toBe(1_000);
  });

  it('is ended where a proxy still has it, and the server has heard nothing of it yet', async () => {
    const db = await instance();
    const passOn = proxy.holdBack(INSERT);
    await db.marketData.upsertCandle(FIRST, true);
    await db.marketData.upsertCandle(SECOND, true);
    passOn();
    await sleep(300);
    expect(await stored()).toBe(2);
  });

  it.each([2006, 2013, 1053, 1927])('is ended where a proxy answers %i in place of the server', async (errno) => {
    const db = await instance({ pool: { max: 1 } });
    await stall(db);
    proxy.refuse(INSERT, errno);
    await db.marketData.upsertCandle(FIRST, true);
    await db.marketData.upsertCandle(SECOND, true);
    expect(await stored()).toBe(2);
  });

  it('is waited for where a proxy that counts connections by itself says that it was interrupted', async () => {
    proxy.countAnew();
    const db = await instance({ pool: { max: 1 } });
    const goOn = await stall(db);
    proxy.refuse(INSERT, 1317);
    const first = await failureOf(db.marketData.upsertCandle(FIRST, true));
    expect(first).toMatchObject({ kind: 'timeout' });
    const stalled = await oneWorks();
    const second = db.marketData.upsertCandle(SECOND, true);
    await sleep(300);
    expect(await working()).toEqual([stalled]);
    await goOn();
    await second;
    proxy.heal();
    expect(await stored()).toBe(2);
  });

  it('is over where the server itself says that it was interrupted, and its connection is used again', async () => {
    const db = await instance({ pool: { max: 1 } });
    await stall(db);
    const first = failureOf(db.marketData.upsertCandle(FIRST, true));
    const interrupted = await oneWorks();
    await admin.query(`kill query ${interrupted}`);
    await expect(first).resolves.toMatchObject({ kind: 'timeout' });
    await expect(db.sql.scalar('select connection_id()')).resolves.toBe(interrupted);
  });

  it.each([2013, 9001])('is given up in time where a proxy says %i whenever it is asked for it', async (errno) => {
    const outage = { maxElapsedMs: 1_000 };
    const db = await instance({ pool: { max: 1 }, silenceCheckMs: 100, retry: { outage } });
    await stall(db);
    const first = failureOf(db.marketData.upsertCandle(FIRST, true));
    const stalled = await oneWorks();
    proxy.refuse('connection_id()', errno, 'always');
    await expect(first).resolves.toMatchObject({ kind: 'connection' });
    await expect(working()).resolves.toContain(stalled);
    proxy.heal();
    await db.marketData.upsertCandle(SECOND, true);
    expect(await stored()).toBe(2);
  });

  const locks: Readonly<Record<string, readonly string[]>> = {
    'a row that is locked': ['begin', 'select * from market_data for update'],
    'LOCK TABLES': ['lock tables market_data write'],
    'FLUSH TABLES WITH READ LOCK': ['flush tables with read lock'],
    ...(dialect === 'mysql'
      ? {
          'LOCK INSTANCE FOR BACKUP, and a row': [
            'lock instance for backup',
            'begin',
            'select * from market_data for update',
          ],
        }
      : {
          'BACKUP STAGE BLOCK_COMMIT': ['backup stage start', 'backup stage block_ddl', 'backup stage block_commit'],
        }),
  };
  const letGo = async (): Promise<void> => {
    await admin.query('rollback');
    await admin.query('unlock tables');
    await admin.query(dialect === 'mysql' ? 'unlock instance' : 'backup stage end').catch(() => undefined);
  };

  it.each(Object.keys(locks))(
    'is ended while it waits behind %s, and its repetition waits in its place',
    async (lock) => {
      const db = await instance();
      await db.marketData.upsertCandle(candle(0, { volume: '9' }));
      for (const statement of locks[lock] as string[]) {
        await admin.query(statement);
      }
      const first = db.marketData.upsertCandle(FIRST, true);
      const lost = await oneWorks();
      proxy.resetAll();
      await until(async () => {
        const now = await working();
        return now.length === 1 && now[0] !== lost;
      });
      await letGo();
      await first;
      await db.marketData.upsertCandle(SECOND, true);
      expect(await stored()).toBe(2);
    },
  );

  it('is ended where it is a COMMIT that a backup holds up', async () => {
    const db = await instance();
    const flushed = Promise.withResolvers<void>();
    const committed = failureOf(
      db.transaction(async (tx) => {
        await tx.marketData.upsertCandle(FIRST, true);
        await admin.query('flush tables with read lock');
        flushed.resolve();
      }),
    );
    // before that it is the write that works
    await flushed.promise;
    const lost = await oneWorks();
    proxy.resetAll();
    await expect(committed).resolves.toMatchObject({ kind: 'connection', retryable: false });
    const second = db.marketData.upsertCandle(SECOND, true);
    await until(async () => {
      const now = await working();
      return now.length === 1 && now[0] !== lost;
    });
    await letGo();
    await second;
    expect(await stored()).toBe(2);
  });

  it('holds up no caller once its server was killed and restarted, and ends no other connection with its number there', async () => {
    // the one that it had is not yet taken when the server has started
    for (let connections = 0; connections < AHEAD; connections += 1) {
      await (await createConnection(database.url.replace(/^mariadb:/, 'mysql:'))).end();
    }
    const db = await instance();
    await stall(db);
    const first = db.marketData.upsertCandle(FIRST, true);
    const lost = await oneWorks();
    await server.kill('SIGKILL');
    // no connection of ours takes a number there meanwhile
    proxy.leadTo('mysql://127.0.0.1:1');
    await server.restart();
    admin.destroy();
    const direct = Object.assign(new URL(url.replace(/^mariadb:/, 'mysql:')), { port: server.port });
    let stranger = await createConnection(direct.href);
    while (stranger.threadId < lost) {
      await stranger.end();
      stranger = await createConnection(direct.href);
    }
    admin = await createConnection(database.url.replace(/^mariadb:/, 'mysql:'));
    await admin.query('delete from stalled');
    proxy.leadTo(server.url);
    await first;
    await db.marketData.upsertCandle(SECOND, true);
    expect(await stored()).toBe(2);
    expect(stranger.threadId).toBe(lost);
    await stranger.query('do 1');
    await stranger.end();
  });

  it.each([
    ['to which a number is another one', () => () => undefined],
    ['that shows none of the server', () => proxy.hideProcesses()],
  ])('is waited for behind a proxy that counts connections by itself, and %s', async (_how, hide) => {
    proxy.countAnew();
    const show = hide();
    const db = await instance();
    await db.marketData.upsertCandle(candle(0));
    await admin.query('begin');
    await admin.query('select * from market_data for update');
    const first = db.marketData.upsertCandle(FIRST, true);
    const lost = await oneWorks();
    proxy.resetAll();
    await sleep(500);
    expect(await working()).toEqual([lost]);
    await letGo();
    show();
    await first;
    proxy.heal();
    await db.marketData.upsertCandle(SECOND, true);
    expect(await stored()).toBe(2);
  });

  it('holds up neither a forced close, nor one whose timeout has passed', async () => {
    for (const options of [{}, { shutdownTimeoutMs: 200 }]) {
      const db = await instance(options);
      await admin.query("create user if not exists author@'127.0.0.1'");
      await admin.query("grant trigger, select on *.* to author@'127.0.0.1'");
      const goOn = await stall(db, 'author');
      const first = failureOf(db.marketData.upsertCandle(FIRST, true));
      await oneWorks();
      proxy.resetAll();
      await until(() => db.pool.pending === 1);
      const { durationMs } = await db.close({ force: options.shutdownTimeoutMs === undefined });
      // the statement would stall for ten minutes
      expect(durationMs).toBeLessThan(20_000);
      await expect(first).resolves.toMatchObject({ kind: 'closed' });
      await admin.query('delete from stalled');
      await goOn();
      await until(async () => (await working()).length === 0);
    }
  });
});
