import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Connection, createConnection } from 'mysql2/promise';
import { DatabaseOperations, type DatabaseOptions, isDuplicateError, type Transaction } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { bot, candle, point } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';

const ONCE = {
  contention: { attempts: 1 },
  outage: { attempts: 1 },
} as const;

// these change a server's settings or end it, so each kind of server gets one of its own
onEveryServer('errors of a real', (dialect) => {
  let server: OwnServer;
  let database: FreshDatabase;
  let admin: Connection;
  const opened: DatabaseOperations[] = [];

  const instance = (options: DatabaseOptions = {}): DatabaseOperations => {
    const db = new DatabaseOperations({ url: database.url, retry: ONCE, connectRetries: 0, ...options });
    opened.push(db);
    return db;
  };

  beforeAll(async () => {
    server = await startServer(dialect, { flags: ['--innodb-lock-wait-timeout=1'] });
    admin = await createConnection(server.url.replace(/^mariadb:/, 'mysql:'));
    database = await freshOn(server.url, dialect);
    await instance().migrations.up();
  }, startServerTimeoutMs);

  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close()));
    await admin.end();
    await database.remove();
    await server.stop();
  });

  it('calls a taken name a duplicate', async () => {
    const db = instance();
    await db.bots.add(bot({ name: 'taken' }));

    const error = await failureOf(db.bots.add(bot({ name: 'taken' })));
    expect(error).toMatchObject({ kind: 'duplicate', errno: 1062, sqlState: '23000', retryable: false, attempts: 1 });
    expect(isDuplicateError(error)).toBe(true);
  });

  it('names a refused check as the server at hand does', async () => {
    const text = "insert into raw_trades values ('okx', 'BTC', 'trade', '2024-01-01', '1', '2024-01-01', 'no JSON')";
    const [errno, code] =
      dialect === 'mariadb' ? [4025, 'ER_CONSTRAINT_FAILED'] : [3819, 'ER_CHECK_CONSTRAINT_VIOLATED'];
    await expect(failureOf(instance().sql.execute(text))).resolves.toMatchObject({ kind: 'constraint', errno, code });
  });

  it('takes no number for what the other server means by it', async () => {
    const db = instance();
    const text =
      dialect === 'mariadb'
        ? 'create trigger later before insert on bots for each row follows nobody set @x = 1'
        : 'create table odd (id int) autoextend_size = 1';
    const [errno, code] =
      dialect === 'mariadb'
        ? [4031, 'ER_REFERENCED_TRG_DOES_NOT_EXIST']
        : [4025, 'ER_INNODB_AUTOEXTEND_SIZE_OUT_OF_RANGE'];
    await expect(failureOf(db.sql.execute(text))).resolves.toMatchObject({ kind: 'unknown', errno, code });
  });

  it('says of a locked account that it is locked', async () => {
    await admin.query("create user locked@'127.0.0.1' account lock");
    const url = Object.assign(new URL(database.url), { username: 'locked' }).href;
    const errno = dialect === 'mariadb' ? 4151 : 3118;
    const code = 'ER_ACCOUNT_HAS_BEEN_LOCKED';
    await expect(failureOf(instance({ url }).connect())).resolves.toMatchObject({ kind: 'access-denied', errno, code });
  });

  it('says what makes a transaction read-only', async () => {
    const write = (tx: Transaction) => tx.marketData.upsertCandle(candle());
    const error = await failureOf(instance().transaction(write, { readOnly: true }));
    expect(error).toMatchObject({ kind: 'read-only', errno: 1792 });
    expect(error.message).toContain('{ readOnly: true }');
    // a server whose transactions are read-only by default is none
    await admin.query('set global transaction_read_only = 1').catch(() => admin.query('set global tx_read_only = 1'));
    try {
      await expect(instance().transaction(write)).resolves.toBe('inserted');
    } finally {
      await admin.query('set global transaction_read_only = 0').catch(() => admin.query('set global tx_read_only = 0'));
    }
  });

  it('calls the victim of a deadlock one, once its budget is spent', async () => {
    const error = await failureOf(crossing(instance(), 'VICTIM'));
    expect(error).toMatchObject({ kind: 'deadlock', errno: 1213, retryable: true });
  });

  it('runs the victim of a deadlock again as a whole', async () => {
    const db = instance({ retry: {} });
    await expect(crossing(db, 'AGAIN')).resolves.toBeGreaterThan(2);
    await expect(db.marketData.countCandles({ symbol: 'AGAIN' })).resolves.toBe(2);
  });

  it('gives up a transaction whose deadlock was swallowed, instead of storing the rest outside of it', async () => {
    const db = instance();
    const error = await failureOf(
      crossing(db, 'GONE', async (tx) => {
        await tx.marketData.upsertCandle(candle(0, { symbol: 'SWALLOWED' })).catch(() => undefined);
      }),
    );
    expect(error.kind).toBe('deadlock');
    await expect(db.marketData.countCandles({ symbol: 'SWALLOWED' })).resolves.toBe(0);
  });

  it('calls a lock that is not to be had in time a lock timeout', async () => {
    const db = instance();
    const { id } = await db.bots.add(bot({ name: 'locked' }));
    await admin.query(`use ${new URL(database.url).pathname.slice(1)}`);
    await admin.query('begin');
    await admin.query('select * from bots where id = ? for update', [id]);
    try {
      const error = await failureOf(db.bots.update(id, { status: 'active' }));
      expect(error).toMatchObject({ kind: 'lock-timeout', errno: 1205, retryable: true, attempts: 1 });
    } finally {
      await admin.query('rollback');
    }
  });

  it('names the command that mends a missing table', async () => {
    const empty = await freshOn(server.url, dialect);
    const db = instance({ url: empty.url });

    const error = await failureOf(db.marketData.upsertCandle(candle()));
    expect(error).toMatchObject({ kind: 'schema', errno: 1146, retryable: false });
    expect(error.message).toContain('tradestore migrate up');
    await db.close();
    await empty.remove();
  });

  it('calls a wrong password access denied, does not try again and does not show it', async () => {
    const url = new URL(database.url);
    await admin.query("create user 'reader'@'127.0.0.1' identified by 'right-secret'");
    url.username = 'reader';
    url.password = 'wrong-secret';
    const db = instance({ url: url.href, retry: {}, connectRetries: 3 });

    const error = await failureOf(db.connect());
    expect(error).toMatchObject({ kind: 'access-denied', errno: 1045, retryable: false, attempts: 1 });
    expect(`${error.message}${error.stack}${JSON.stringify(error)}`).not.toContain('secret');
  });

  it('calls a missing privilege access denied', async () => {
    const url = new URL(database.url);
    const name = url.pathname.slice(1);
    await admin.query("create user 'viewer'@'127.0.0.1' identified by 'v'");
    await admin.query(`grant select on ${name}.* to 'viewer'@'127.0.0.1'`);
    url.username = 'viewer';
    url.password = 'v';
    const db = instance({ url: url.href });

    await expect(db.marketData.countCandles({ symbol: 'NONE' })).resolves.toBe(0);
    const error = await failureOf(db.marketData.upsertCandle(candle()));
    expect(error).toMatchObject({ kind: 'access-denied', errno: 1142, retryable: false });
  });

  it('names a database that does not exist, and does not make it', async () => {
    const url = new URL(database.url);
    url.pathname = '/misspelt';
    const error = await failureOf(instance({ url: url.href }).connect());

    expect(error).toMatchObject({ kind: 'configuration', errno: 1049, retryable: false });
    expect(error.message).toContain('DB_NAME');
    const [found] = await admin.query("show databases like 'misspelt'");
    expect(found).toEqual([]);
  });

  it('refuses what is too long for the column, and stores nothing of it', async () => {
    const narrow = await freshOn(server.url, dialect);
    const db = instance({ url: narrow.url });
    await db.migrations.up();
    await narrow.sql('alter table market_data modify symbol varchar(3) not null');

    const error = await failureOf(db.marketData.upsertCandle(candle()));
    expect(error).toMatchObject({ kind: 'constraint', errno: 1406, retryable: false });
    await expect(db.marketData.countCandles()).resolves.toBe(0);
    await db.close();
    await narrow.remove();
  });

  it('refuses what is out of the range of the column, and stores nothing of it', async () => {
    const narrow = await freshOn(server.url, dialect);
    const db = instance({ url: narrow.url });
    await db.migrations.up();
    await narrow.sql('alter table market_data modify trade_count tinyint unsigned null');

    const error = await failureOf(db.marketData.upsertCandle(candle(0, { tradeCount: 300 })));
    expect(error).toMatchObject({ kind: 'constraint', errno: 1264, retryable: false });
    await expect(db.marketData.countCandles()).resolves.toBe(0);
    await db.close();
    await narrow.remove();
  });

  it('stays strict on a server that is configured to cut and round in silence', async () => {
    const [before] = await admin.query('select @@global.sql_mode as mode');
    await admin.query("set global sql_mode = 'NO_BACKSLASH_ESCAPES'");
    const loose = await freshOn(server.url, dialect);
    const db = instance({ url: loose.url });
    try {
      await db.migrations.up();
      const symbol = `it's "quoted" \\ and \\' more`;
      await db.marketData.upsertCandle(candle(0, { symbol }));
      await expect(db.marketData.getLatestCandle({ symbol, timeframe: '1m' })).resolves.toMatchObject({ symbol });

      await loose.sql('alter table market_data modify symbol varchar(30) not null');
      const error = await failureOf(db.marketData.upsertCandle(candle(0, { symbol: 'x'.repeat(31) })));
      expect(error).toMatchObject({ kind: 'constraint', errno: 1406 });
    } finally {
      await admin.query('set global sql_mode = ?', [(before as { mode: string }[])[0]?.mode]);
      await db.close();
      await loose.remove();
    }
  });

  it('calls a server that takes no writes read-only', async () => {
    const url = new URL(database.url);
    await admin.query("create user 'writer'@'127.0.0.1' identified by 'w'");
    await admin.query(`grant select, insert, update, delete on ${url.pathname.slice(1)}.* to 'writer'@'127.0.0.1'`);
    url.username = 'writer';
    url.password = 'w';
    const db = instance({ url: url.href });
    await db.connect();
    await admin.query('set global read_only = 1');
    try {
      const error = await failureOf(db.marketData.upsertCandle(candle()));
      expect(error).toMatchObject({ kind: 'read-only', errno: 1290, retryable: true });
      await expect(db.health()).resolves.toMatchObject({ healthy: false, readOnly: true });
    } finally {
      await admin.query('set global read_only = 0');
    }
    await expect(db.marketData.upsertCandle(candle(0, { symbol: 'WRITABLE' }))).resolves.toBe('inserted');
  });

  it('refuses a payload that is larger than the server takes, and goes on working', async () => {
    const [before] = await admin.query('select @@global.max_allowed_packet as bytes');
    await admin.query('set global max_allowed_packet = 1048576');
    const db = instance({ retry: {} });
    try {
      await db.connect();
      const error = await failureOf(
        db.rawTrades.insertMarketDataPoint(point(0, { payload: `"${'x'.repeat(2 ** 21)}"` })),
      );
      expect(error).toMatchObject({ kind: 'configuration', errno: 1153, retryable: false });
      expect(error.message).toContain('max_allowed_packet');
      expect(error.message.length).toBeLessThan(600);
      await expect(db.rawTrades.insertMarketDataPoint(point(1))).resolves.toBe('inserted');
    } finally {
      await admin.query('set global max_allowed_packet = ?', [(before as { bytes: number }[])[0]?.bytes]);
    }
  });

  it('refuses a payload far larger than the server takes without sending it again and again', async () => {
    const [before] = await admin.query('select @@global.max_allowed_packet as bytes');
    await admin.query('set global max_allowed_packet = 1048576');
    const warnings: string[] = [];
    const nothing = () => undefined;
    const logger = {
      debug: nothing,
      info: nothing,
      error: nothing,
      warn: (_: object, message: string) => warnings.push(message),
    };
    const db = instance({ retry: {}, logger });
    try {
      const error = await failureOf(
        db.rawTrades.insertMarketDataPoint(point(0, { payload: `"${'x'.repeat(15_000_000)}"` })),
      );
      expect(error).toMatchObject({ kind: 'configuration', errno: 1153, retryable: false, attempts: 1 });
      expect(warnings).toEqual([]);
    } finally {
      await admin.query('set global max_allowed_packet = ?', [(before as { bytes: number }[])[0]?.bytes]);
    }
  });

  it('stores the rest of a batch whose one payload is larger than the server takes, and names that one', async () => {
    const [before] = await admin.query('select @@global.max_allowed_packet as bytes');
    await admin.query('set global max_allowed_packet = 1048576');
    const db = instance();
    try {
      const large = point(1, { symbol: 'REST', payload: `"${'x'.repeat(2 ** 21)}"` });
      const points = [point(0, { symbol: 'REST' }), large, point(2, { symbol: 'REST' })];
      await expect(db.rawTrades.insertMany(points)).resolves.toMatchObject({
        inserted: 2,
        unchanged: 0,
        rejected: [{ index: 1, issues: [{ path: '[1].rawData' }] }],
      });
      await expect(failureOf(db.rawTrades.insertMany(points, { atomic: true }))).resolves.toMatchObject({
        errno: 1153,
      });
    } finally {
      await admin.query('set global max_allowed_packet = ?', [(before as { bytes: number }[])[0]?.bytes]);
    }
  });

  it('cuts a batch to statements that the server takes', async () => {
    const [before] = await admin.query('select @@global.max_allowed_packet as bytes');
    await admin.query('set global max_allowed_packet = 1048576');
    const db = instance();
    try {
      const payload = JSON.stringify(`'"\\`.repeat(30_000));
      const points = Array.from({ length: 60 }, (_, index) => point(index, { symbol: 'LARGE', payload }));
      await expect(db.rawTrades.insertMany(points)).resolves.toMatchObject({ inserted: 60, rejected: [] });
    } finally {
      await admin.query('set global max_allowed_packet = ?', [(before as { bytes: number }[])[0]?.bytes]);
    }
  });

  it('names a server that has no free connection, and tries again as often as configured', async () => {
    const [before] = await admin.query('select @@global.max_connections as most');
    await admin.query('set global max_connections = 10');
    const crowd: Connection[] = [];
    const crowded = server.url.replace(/^mariadb:/, 'mysql:').replace('root', 'crowd');
    await admin.query("create user 'crowd'@'127.0.0.1'");
    try {
      for (let more = true; more; ) {
        more = await createConnection(crowded).then(
          (connection) => crowd.push(connection) > 0,
          () => false,
        );
      }
      const url = new URL(database.url);
      url.username = 'crowd';
      const db = instance({ url: url.href, connectRetries: 2, retry: { outage: { baseDelayMs: 1 } } });
      const error = await failureOf(db.connect());
      expect(error).toMatchObject({ kind: 'connection', errno: 1040, retryable: true, attempts: 3 });
      expect(error.message).toContain('max_connections');
    } finally {
      await Promise.all(crowd.map((connection) => connection.end()));
      await admin.query('set global max_connections = ?', [(before as { most: number }[])[0]?.most]);
    }
  });

  /** Two transactions that change the same two candles in opposite order; returns how often they ran. */
  async function crossing(
    db: DatabaseOperations,
    symbol: string,
    afterDeadlock?: (tx: Transaction) => Promise<void>,
  ): Promise<number> {
    await db.marketData.upsertCandles([candle(0, { symbol }), candle(1, { symbol })]);
    const met = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    let runs = 0;
    const half = (mine: 0 | 1) =>
      db.transaction(async (tx) => {
        runs += 1;
        const change = (minute: number) =>
          tx.marketData.upsertCandle(candle(minute, { symbol, volume: 99 + mine }), true);
        await change(mine);
        met[mine].resolve();
        await met[1 - mine]?.promise;
        const work = change(1 - mine);
        await (afterDeadlock === undefined ? work : work.catch(() => afterDeadlock(tx)));
      });
    const ended = await Promise.allSettled([half(0), half(1)]);
    const failed = ended.find((result) => result.status === 'rejected');
    if (failed !== undefined) {
      throw failed.reason;
    }
    return runs;
  }
});
