import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { publicMethods } from '../support/public-methods.ts';
import { ALWAYS, bot, candle, point, SERIES } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';
import { storedRows } from '../support/stored-rows.ts';
import { allOf } from '../support/streamed.ts';

type Role = 'reader' | 'writer' | 'migrator';
type Call = (db: DatabaseOperations) => Promise<unknown>;

const ROLES: readonly Role[] = ['reader', 'writer', 'migrator'];
const PASSWORD = 'Only-here-1';
const TRADES = { symbol: 'BTC-USDT', dataType: 'trade', ...ALWAYS };

/** What is left after what reads and what writes: with tests of its own here, or nothing that rights decide. */
const OTHERS = [
  'close',
  'drainSpool',
  'health',
  'healthCheck',
  'marketData.candleWriter',
  'migrations.check',
  'migrations.down',
  'rawTrades.rawTradeWriter',
  'sql.callProcedure',
  'twoPhase',
  'twoPhase.recover',
  'watchHealth',
];

/** Everything that reads, with what makes its answer one of the stored rows. */
const READS: Readonly<Record<string, Call>> = {
  connect: (db) => db.connect(),
  'marketData.getCandles': (db) => db.marketData.getCandles({ ...SERIES, ...ALWAYS }),
  'marketData.getLatestCandle': (db) => db.marketData.getLatestCandle(SERIES),
  'marketData.getLatestCandles': (db) => db.marketData.getLatestCandles(SERIES, 2),
  'marketData.getCandleColumns': (db) => db.marketData.getCandleColumns({ ...SERIES, ...ALWAYS }),
  'marketData.streamCandles': (db) => allOf(db.marketData.streamCandles({ ...SERIES, ...ALWAYS })),
  'marketData.streamCandles of a snapshot': (db) =>
    allOf(db.marketData.streamCandles({ ...SERIES, ...ALWAYS, mode: 'snapshot' })),
  'marketData.countCandles': (db) => db.marketData.countCandles(),
  'rawTrades.getRawTrades': (db) => db.rawTrades.getRawTrades(TRADES),
  'rawTrades.streamRawTrades': (db) => allOf(db.rawTrades.streamRawTrades({ ...TRADES, mode: 'snapshot' })),
  'rawTrades.getRawDataStats': (db) => db.rawTrades.getRawDataStats(),
  'rawTrades.cleanupOldRawData, dry': (db) =>
    db.rawTrades.cleanupOldRawData({ olderThan: ALWAYS.endTime, dryRun: true }),
  'bots.list': (db) => db.bots.list(),
  'bots.getById': (db) => db.bots.getById(1),
  'bots.getByName': (db) => db.bots.getByName('grid-1'),
  'bots.findStale': (db) => db.bots.findStale(1),
  getStats: (db) => db.getStats(),
  'migrations.pending': (db) => db.migrations.pending(),
  'migrations.executed': (db) => db.migrations.executed(),
  'migrations.up, with nothing to do': (db) => db.migrations.up(),
  'sql.query': (db) => db.sql.query('select symbol, close from market_data'),
  'sql.first': (db) => db.sql.first('select name from bots'),
  'sql.scalar': (db) => db.sql.scalar('select count(*) from raw_trades'),
  'sql.stream': (db) => allOf(db.sql.stream('select symbol from market_data')),
  'sql.tableNames': (db) => db.sql.tableNames(),
  transaction: (db) =>
    db.transaction((tx) => tx.marketData.countCandles(), { readOnly: true, isolationLevel: 'repeatable read' }),
};

/** Everything that changes what is stored. */
const WRITES: Readonly<Record<string, Call>> = {
  'marketData.upsertCandle': (db) => db.marketData.upsertCandle(candle(1)),
  'marketData.upsertCandles': (db) =>
    db.marketData.upsertCandles([candle(0, { close: '42006' })], { forceUpdate: 'unless-closed' }),
  'marketData.upsertCandles, overwriting': (db) => db.marketData.upsertCandles([candle(2)], { forceUpdate: true }),
  'marketData.deleteCandles': (db) => db.marketData.deleteCandles({ ...SERIES, ...ALWAYS }),
  'rawTrades.insertMarketDataPoint': (db) => db.rawTrades.insertMarketDataPoint(point(1)),
  'rawTrades.insertRawWebsocketData': (db) =>
    db.rawTrades.insertRawWebsocketData({ symbol: 'BTC-USDT', dataType: 'ticker', rawData: '{}' }),
  'rawTrades.insertMany': (db) => db.rawTrades.insertMany([point(2)]),
  'rawTrades.cleanupOldRawData': (db) => db.rawTrades.cleanupOldRawData({ olderThan: ALWAYS.endTime }),
  'bots.add': (db) => db.bots.add(bot({ name: 'another' })),
  'bots.update': (db) => db.bots.update(1, { status: 'active' }),
  'bots.modify': (db) => db.bots.modify(1, () => ({ symbol: 'ETH-USDT' })),
  'bots.adjustBalance': (db) => db.bots.adjustBalance(1, '-1.25'),
  'bots.recordHeartbeat': (db) => db.bots.recordHeartbeat(1),
  'bots.delete': (db) => db.bots.delete(1),
  'sql.execute': (db) => db.sql.execute("delete from bots where name = 'nobody'"),
  'sql.executeMany': (db) => db.sql.executeMany('delete from bots where name = ?', [['nobody'], ['no one']]),
};

// the accounts, and whether files are taken, are the server's: each kind gets one of its own
onEveryServer('the accounts of docs/accounts.sql on a', (dialect) => {
  let server: OwnServer;
  let admin: Connection;
  let database: FreshDatabase;
  let statements: string;
  const opened: DatabaseOperations[] = [];

  const as = (role: Role): DatabaseOperations => {
    const url = new URL(database.url);
    url.username = `tradestore_${role}`;
    url.password = PASSWORD;
    const db = new DatabaseOperations({ url: url.href, connectRetries: 0 });
    opened.push(db);
    return db;
  };

  const refusal = async (role: Role, call: Call): Promise<string> => {
    const error = await failureOf(call(as(role)));
    expect(error).toMatchObject({ kind: 'access-denied', retryable: false, attempts: 1 });
    return error.message;
  };

  const loads = async (): Promise<number> => {
    const [rows] = await admin.query<RowDataPacket[]>("show global status like 'Com_load'");
    return Number(rows[0]?.['Value']);
  };

  beforeAll(async () => {
    server = await startServer(dialect, { flags: ['--local-infile=ON'] });
    admin = await createConnection({ uri: server.url.replace(/^mariadb:/, 'mysql:'), multipleStatements: true });
    database = await freshOn(server.url, dialect);
    const name = new URL(database.url).pathname.slice(1);
    const file = await readFile(new URL('../../docs/accounts.sql', import.meta.url), 'utf8');
    statements = file
      .replaceAll('`market`.*', `\`${name.replace('_', '\\_')}\`.*`)
      .replaceAll('`market`', `\`${name}\``);
    await admin.query(statements);
  }, startServerTimeoutMs);

  afterAll(async () => {
    await Promise.all(opened.map((db) => db.close()));
    await admin.end();
    await database.remove();
    await server.stop();
  });

  it('are made locked, so that nobody gets in before they have a password', async () => {
    for (const role of ROLES) {
      await expect(refusal(role, (db) => db.connect())).resolves.toMatch(/DB_PASSWORD/);
      await admin.query(`alter user 'tradestore_${role}'@'%' identified by '${PASSWORD}' account unlock`);
    }
  });

  it('are left as they are when the file is run again', async () => {
    const grants = () => Promise.all(ROLES.map(async (role) => admin.query(`show grants for tradestore_${role}`)));
    const [before] = [(await grants()).map(([rows]) => rows)];
    await admin.query(statements);
    expect((await grants()).map(([rows]) => rows)).toEqual(before);
    // but for the one privilege that shows the tables, nothing is granted beyond them
    expect(
      JSON.stringify(before)
        .match(/GRANT [A-Z, ]+ ON [^ ]*\*/g)
        ?.map((text) => text.replace(/ ON .*/, '')),
    ).toEqual(['GRANT USAGE', 'GRANT USAGE', 'GRANT USAGE', 'GRANT REFERENCES']);
  });

  it('are tried here with every public method', () => {
    const names = [...Object.keys(READS), ...Object.keys(WRITES), ...OTHERS].map((name) => name.split(/,| of /)[0]);
    expect([...new Set(names)].sort()).toEqual(publicMethods(as('reader')));
  });

  it('may look at a database that was not migrated yet, and say so', async () => {
    for (const role of ROLES) {
      await expect(as(role).health()).resolves.toMatchObject({
        healthy: false,
        pendingMigrations: [expect.stringContaining('initial'), expect.stringContaining('price-type')],
        replicationLagSeconds: null,
        error: null,
      });
    }
    await expect(failureOf(as('reader').getStats())).resolves.toMatchObject({ kind: 'schema' });
  });

  it.each(['reader', 'writer'] as const)('do not let the %s make the tables', async (role) => {
    await expect(refusal(role, (db) => db.migrations.up())).resolves.toMatch(
      /CREATE command denied.*docs\/accounts\.sql/,
    );
    await expect(as(role).migrations.pending()).resolves.toHaveLength(2);
  });

  it('let the migrator go up, down and up again, and check', async () => {
    const db = as('migrator');
    const [initial, ...others] = await db.migrations.up();
    expect(initial).toMatch(/initial/);
    await expect(db.migrations.down()).resolves.toHaveLength(1);
    await expect(db.migrations.pending()).resolves.toHaveLength(1);
    await expect(db.migrations.up()).resolves.toHaveLength(1);
    await expect(db.migrations.executed()).resolves.toHaveLength(1 + others.length);
    await expect(db.migrations.check()).resolves.toEqual({ ok: true, pending: [], differences: [] });
    await expect(db.health()).resolves.toMatchObject({ healthy: true, error: null });
    // each table there is has its statements, for each of the three
    for (const table of await db.sql.tableNames()) {
      for (const role of ROLES) {
        expect(statements).toMatch(new RegExp(`grant .* on \\S*\\.\`${table}\` to 'tradestore_${role}'`));
      }
    }
  });

  it('let the migrator mend what a check found', async () => {
    await admin.query(`alter table \`${new URL(database.url).pathname.slice(1)}\`.bots drop column config`);
    const db = as('migrator');
    const { ok, differences } = await db.migrations.check();
    expect({ ok, differences }).toEqual({ ok: false, differences: [expect.stringContaining('config')] });
    const url = new URL(database.url);
    const migrator = await createConnection({
      uri: `mysql://tradestore_migrator:${PASSWORD}@${url.host}${url.pathname}`,
    });
    for (const statement of differences) {
      await migrator.query(statement);
    }
    await migrator.query('create index by_symbol on market_data (symbol)');
    await migrator.query('drop index by_symbol on market_data');
    await migrator.end();
    await expect(db.migrations.check()).resolves.toMatchObject({ ok: true });
  });

  it('do not let the migrator change what is stored, or read more than candles', async () => {
    await expect(refusal('migrator', WRITES['marketData.upsertCandle'] as Call)).resolves.toMatch(
      /INSERT(, UPDATE)? command denied/,
    );
    await expect(refusal('migrator', READS['rawTrades.getRawTrades'] as Call)).resolves.toMatch(
      /SELECT command denied/,
    );
    await expect(refusal('migrator', WRITES['bots.add'] as Call)).resolves.toMatch(/INSERT command denied/);
    await expect(refusal('migrator', (db) => db.getStats())).resolves.toMatch(/SELECT command denied/);
  });

  describe('with something stored', () => {
    beforeAll(async () => {
      const db = as('writer');
      await db.marketData.upsertCandle(candle());
      await db.rawTrades.insertMarketDataPoint(point());
      await db.bots.add(bot());
    });

    it.each(Object.entries(READS))('let the reader and the writer do %s', async (_name, read) => {
      const [seen, expected] = [await read(as('reader')), await read(as('writer'))];
      expect(seen).toEqual(expected);
    });

    it.each(['reader', 'writer'] as const)('tell the %s of its health all but what needs more rights', async (role) => {
      const db = as(role);
      await expect(db.healthCheck()).resolves.toBe(true);
      await expect(db.health()).resolves.toMatchObject({
        healthy: true,
        readOnly: false,
        pendingMigrations: [],
        replicationLagSeconds: null,
        error: null,
      });
      await expect(db.getStats()).resolves.toMatchObject({
        candleCount: 1,
        rawTradeCount: 1,
        botCount: 1,
        estimated: [],
      });
    });

    it.each(Object.entries(WRITES))('refuse the reader %s, and say what to do', async (name, write) => {
      const before = await storedRows(database);
      const message = await refusal('reader', write);
      expect(message).toContain(name.split(',')[0]);
      expect(message).toMatch(
        /command denied to user 'tradestore_reader'.*grant the missing privilege.*docs\/accounts\.sql/,
      );
      expect(message).not.toContain(PASSWORD);
      await expect(storedRows(database)).resolves.toEqual(before);
    });

    it("end the reader's writers with what they hold unwritten", async () => {
      const writer = as('reader').marketData.candleWriter();
      const failed = new Promise((resolve) => writer.on('error', resolve));
      writer.end(candle(5));
      await expect(failed).resolves.toMatchObject({ kind: 'access-denied' });
      expect(writer.unwritten).toHaveLength(1);
    });

    it.each(['reader', 'writer'] as const)('do not let the %s undo a migration', async (role) => {
      const before = await storedRows(database);
      await expect(refusal(role, (db) => db.migrations.down())).resolves.toMatch(/ALTER command denied/);
      await expect(storedRows(database)).resolves.toEqual(before);
      await expect(as(role).migrations.pending()).resolves.toEqual([]);
    });

    it.each(['reader', 'writer'] as const)('tell the %s the truth of a check, or refuse it', async (role) => {
      if (dialect === 'mysql') {
        await expect(as(role).migrations.check()).resolves.toMatchObject({ ok: true });
      } else {
        // MariaDB shows the checks of a table only to who has a right on the whole database
        await expect(refusal(role, (db) => db.migrations.check())).resolves.toMatch(/REFERENCES.*docs\/accounts\.sql/);
      }
    });
  });

  it.each(Object.entries(WRITES))('let the writer do %s', async (_name, write) => {
    await write(as('writer'));
  });

  it('let the writer load files, store by writers and transactions, and no file of the server', async () => {
    const db = as('writer');
    const before = await loads();
    const candles = Array.from({ length: 3_000 }, (_, minute) => candle(minute, { symbol: 'LOADED' }));
    await expect(db.marketData.upsertCandles(candles)).resolves.toMatchObject({ inserted: candles.length });
    expect(await loads()).toBeGreaterThan(before);

    const writer = db.rawTrades.rawTradeWriter();
    writer.end(point(7));
    await new Promise((resolve) => writer.on('close', resolve));
    expect(writer.stats()).toMatchObject({ written: 1 });

    const { id } = await db.bots.add(bot({ name: 'in a transaction' }));
    await db.transaction(
      async (tx) => {
        await tx.bots.update(id, { status: 'active' });
        await tx.transaction((inner) => inner.marketData.upsertCandle(candle(1, { symbol: 'NESTED' }), true));
      },
      { isolationLevel: 'serializable' },
    );
    await expect(db.bots.getById(id)).resolves.toMatchObject({ status: 'active' });

    const branch = db.twoPhase('branch', (tx) => tx.marketData.upsertCandle(candle(2, { symbol: 'NESTED' })));
    await (await branch.prepare()).commit();
    await expect(db.marketData.countCandles({ symbol: 'NESTED' })).resolves.toBe(2);

    const url = new URL(database.url);
    const plain = await createConnection({ uri: `mysql://tradestore_writer:${PASSWORD}@${url.host}${url.pathname}` });
    await expect(plain.query("load data infile '/etc/hostname' into table bots (name)")).rejects.toThrow(/denied/);
    await plain.end();
  });

  it('can be given the rest, by the statements that stand there for it', async () => {
    const label = dialect === 'mysql' ? 'MySQL' : 'MariaDB';
    const extra = [...statements.matchAll(new RegExp(`^-- {3}${label}: +(.*);$`, 'gm'))].map(
      (match) => match[1] as string,
    );
    expect(extra.length).toBeGreaterThan(0);
    for (const statement of extra) {
      await admin.query(statement);
    }
    const url = new URL(database.url);
    const reader = await createConnection({ uri: `mysql://tradestore_reader:${PASSWORD}@${url.host}${url.pathname}` });
    await reader.query('show replica status');
    await reader.end();
    const writer = await createConnection({ uri: `mysql://tradestore_writer:${PASSWORD}@${url.host}${url.pathname}` });
    await writer.query('xa recover');
    await expect(as('writer').twoPhase.recover()).resolves.toEqual([]);
    await writer.end();
  });
});
