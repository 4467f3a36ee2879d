import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import { DatabaseOperations, type DatabaseOptions } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { openFaultProxy } from '../support/fault-proxy.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { bot, candle } from '../support/samples.ts';

const UNDER_WAY: DatabaseOperations[] = [];

onEveryServer('a transaction in two phases on a', (dialect) => {
  let database: FreshDatabase;
  let number = 0;
  const instance = (options: DatabaseOptions = {}): DatabaseOperations => {
    const db = new DatabaseOperations({ url: database.url, ...options });
    UNDER_WAY.push(db);
    return db;
  };
  /** A name of this test's own: what is prepared is the whole server's. */
  const nextName = (): string => {
    number += 1;
    return `two-phase-${process.pid}-${dialect}-${number}`;
  };
  const preparedNames = async (db: DatabaseOperations): Promise<string[]> =>
    (await db.twoPhase.recover()).map(({ xid }) => xid.gtrid);
  let db: DatabaseOperations;

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    db = instance();
    await db.migrations.up();
  });

  afterEach(async () => {
    for (const prepared of await db.twoPhase.recover()) {
      if (prepared.xid.gtrid.startsWith(`two-phase-${process.pid}-${dialect}-`)) {
        await prepared.rollback();
      }
    }
    await db.sql.execute('delete from bots');
    await db.sql.execute('delete from market_data');
  });

  afterAll(async () => {
    await Promise.all(UNDER_WAY.splice(0).map((each) => each.close()));
    await database.remove();
  });

  it('is run again where another caller changed a bot that it has read', async () => {
    const other = instance();
    const { id } = await db.bots.add(bot({ currentBalance: '0' }));
    let runs = 0;
    const prepared = await db
      .twoPhase(nextName(), async (tx) => {
        runs += 1;
        const before = await tx.bots.getById(id);
        if (runs === 1) {
          await other.bots.adjustBalance(id, 5);
        }
        await tx.bots.update(id, { currentBalance: String(Number(before?.currentBalance) + 1) });
      })
      .prepare();
    await prepared.commit();
    expect(runs).toBe(2);
    await expect(db.bots.getById(id)).resolves.toMatchObject({ currentBalance: '6' });
  });

  it('is committed only when the server says so, also where an answer was lost and the name is not free yet', async () => {
    const proxy = await openFaultProxy(database.url);
    const name = nextName();
    // MariaDB keeps what is prepared bound to its connection, and until that is gone does not know the name on another one
    const holder = await createConnection({ uri: database.url.replace(/^mariadb:/, 'mysql:') });
    await holder.query(`xa start '${name}'`);
    await holder.query(
      "insert into bots (name, strategy_name, exchange, symbol, timeframe, status, virtual_balance, current_balance, version, created_at, updated_at) values ('held', 'grid', 'okx', 'A', '1m', 'active', 1, 1, 1, now(3), now(3))",
    );
    await holder.query(`xa end '${name}'`);
    await holder.query(`xa prepare '${name}'`);
    const through = instance({ url: proxy.through(database.url) });
    const prepared = (await through.twoPhase.recover()).find(({ xid }) => xid.gtrid === name);
    proxy.cutWithin('xa commit');
    const committing = prepared?.commit();
    await sleep(300);
    holder.destroy();
    await committing;
    await expect(db.bots.getByName('held')).resolves.toMatchObject({ version: 1 });
    await proxy.close();
  });

  it('is invisible until it is committed, to repositories and to sql', async () => {
    const other = instance();
    const name = nextName();
    const prepared = await db
      .twoPhase(name, async (tx) => {
        await tx.bots.add(bot());
        await tx.marketData.upsertCandle(candle());
        await tx.sql.execute`update bots set symbol = ${'X'}`;
        return 'done';
      })
      .prepare();
    expect(prepared).toMatchObject({ result: 'done', xid: { gtrid: name, bqual: '', formatId: 1 } });
    await expect(other.bots.list()).resolves.toEqual([]);
    await expect(preparedNames(other)).resolves.toContain(name);
    await prepared.commit();
    await expect(other.bots.list()).resolves.toMatchObject([{ symbol: 'X' }]);
    await expect(other.marketData.countCandles()).resolves.toBe(1);
    await expect(preparedNames(other)).resolves.not.toContain(name);
  });

  it('is undone by rollback, and by a function that throws', async () => {
    const prepared = await db.twoPhase(nextName(), (tx) => tx.bots.add(bot())).prepare();
    await prepared.rollback();
    const name = nextName();
    const thrown = db.twoPhase(name, async (tx) => {
      await tx.bots.add(bot());
      throw new Error('changed my mind');
    });
    await expect(thrown.prepare()).rejects.toThrow('changed my mind');
    await expect(db.bots.list()).resolves.toEqual([]);
    await expect(preparedNames(db)).resolves.not.toContain(name);
    // and the connection is as good as new
    await db.bots.add(bot());
  });

  it('runs nothing before it is prepared, and once however often it is asked', async () => {
    let runs = 0;
    const branch = db.twoPhase(nextName(), async () => {
      runs += 1;
    });
    await db.bots.list();
    expect(runs).toBe(0);
    const [first, second] = await Promise.all([branch.prepare(), branch.prepare()]);
    expect(second).toBe(first);
    expect(runs).toBe(1);
    await first.rollback();
  });

  it('keeps savepoints: a part of it that fails can be left out', async () => {
    const prepared = await db
      .twoPhase(nextName(), async (tx) => {
        await tx.bots.add(bot());
        const inner = tx.transaction(async (part) => {
          await part.bots.add(bot({ name: 'second' }));
          throw new Error('not this one');
        });
        await expect(inner).rejects.toThrow('not this one');
      })
      .prepare();
    await prepared.commit();
    await expect(db.bots.list()).resolves.toMatchObject([{ name: 'grid-1' }]);
  });

  it('holds no connection while it waits for its end, and leaves none that is bound to it', async () => {
    const small = instance({ pool: { max: 1 } });
    const names = [nextName(), nextName(), nextName()];
    const prepared = [];
    for (const [index, name] of names.entries()) {
      prepared.push(await small.twoPhase(name, (tx) => tx.bots.add(bot({ name: `bot-${index}` }))).prepare());
      await small.bots.list();
    }
    await Promise.all(prepared.map((each) => each.commit()));
    await expect(small.bots.list()).resolves.toHaveLength(3);
  });

  it('is listed with its whole name, whatever letters that has, and can be finished by another instance', async () => {
    const xid = { gtrid: `${nextName()}-'é价\\"`, bqual: 'b 1', formatId: 4711 };
    await db.twoPhase(xid, (tx) => tx.bots.add(bot())).prepare();
    const other = instance();
    const found = (await other.twoPhase.recover()).find((prepared) => prepared.xid.gtrid === xid.gtrid);
    expect(found?.xid).toEqual(xid);
    await found?.commit();
    await expect(db.bots.list()).resolves.toHaveLength(1);
  });

  it('is refused where one of its name is there already', async () => {
    const name = nextName();
    await db.twoPhase(name, (tx) => tx.bots.add(bot())).prepare();
    const again = db.twoPhase(name, (tx) => tx.bots.add(bot({ name: 'second' }))).prepare();
    await expect(failureOf(again)).resolves.toMatchObject({
      operation: 'twoPhase.prepare',
      kind: 'duplicate',
      message: expect.stringContaining('twoPhase.recover()'),
    });
  });

  it('reports that it was finished by another caller', async () => {
    const prepared = await db.twoPhase(nextName(), (tx) => tx.bots.add(bot())).prepare();
    await prepared.commit();
    await expect(failureOf(prepared.commit())).resolves.toMatchObject({
      operation: 'twoPhase.commit',
      kind: 'conflict',
      message: expect.stringContaining('not prepared any more'),
    });
    await expect(failureOf(prepared.rollback())).resolves.toMatchObject({ operation: 'twoPhase.rollback' });
  });

  it('is run again as a whole when it was the victim of a deadlock', async () => {
    await db.bots.add(bot({ name: 'a' }));
    await db.bots.add(bot({ name: 'b' }));
    const both = { first: Promise.withResolvers<void>(), second: Promise.withResolvers<void>() };
    const runs = { one: 0, two: 0 };
    const one = db.twoPhase(nextName(), async (tx) => {
      runs.one += 1;
      await tx.sql.execute`update bots set symbol = concat(symbol, '+') where name = ${'a'}`;
      both.first.resolve();
      await both.second.promise;
      await tx.sql.execute`update bots set symbol = concat(symbol, '+') where name = ${'b'}`;
    });
    const two = db.transaction(async (tx) => {
      runs.two += 1;
      await tx.sql.execute`update bots set symbol = concat(symbol, '-') where name = ${'b'}`;
      both.second.resolve();
      await both.first.promise;
      await tx.sql.execute`update bots set symbol = concat(symbol, '-') where name = ${'a'}`;
    });
    await Promise.all([one.prepare().then((prepared) => prepared.commit()), two]);
    expect(runs.one + runs.two).toBeGreaterThanOrEqual(3);
    const symbols = (await db.bots.list()).map(({ symbol }) => [...symbol.replace('BTC-USDT', '')].sort().join(''));
    expect(symbols).toEqual(['+-', '+-']);
  });

  it('is committed once when the answer to its commit was lost', async () => {
    const proxy = await openFaultProxy(database.url);
    const shaky = instance({ url: proxy.through(database.url) });
    try {
      const prepared = await shaky.twoPhase(nextName(), (tx) => tx.bots.add(bot())).prepare();
      proxy.cutAfter('xa commit');
      await prepared.commit();
      await expect(db.bots.list()).resolves.toHaveLength(1);
    } finally {
      await shaky.close();
      await proxy.close();
    }
  });

  it('says that its outcome is not known when the answer to its preparation was lost', async () => {
    const proxy = await openFaultProxy(database.url);
    const shaky = instance({ url: proxy.through(database.url) });
    const name = nextName();
    try {
      await shaky.connect();
      proxy.cutAfter('xa prepare');
      const failure = await failureOf(shaky.twoPhase(name, (tx) => tx.bots.add(bot())).prepare());
      expect(failure).toMatchObject({ kind: 'connection', message: expect.stringContaining('twoPhase.recover()') });
      const found = (await db.twoPhase.recover()).find(({ xid }) => xid.gtrid === name);
      await found?.commit();
      await expect(db.bots.list()).resolves.toHaveLength(1);
    } finally {
      await shaky.close();
      await proxy.close();
    }
  });

  it('takes no statement that would end it', async () => {
    for (const statement of ['commit', 'rollback', "xa end 'x'", 'create table t (k int)']) {
      const ended = db.twoPhase(nextName(), (tx) => tx.sql.execute(statement)).prepare();
      await expect(failureOf(ended)).resolves.toMatchObject({ operation: 'sql.execute', kind: 'invalid-input' });
    }
  });

  it.each([
    ['no text', 7, ''],
    ['no letter', '', 'gtrid'],
    ['65 bytes', 'é'.repeat(33), 'gtrid'],
    ['a control character', 'a\nb', 'gtrid'],
    ['a qualifier that is too long', { gtrid: 'a', bqual: 'b'.repeat(65) }, 'bqual'],
    ['a format that is negative', { gtrid: 'a', formatId: -1 }, 'formatId'],
    ['an unknown field', { gtrid: 'a', branch: 'b' }, 'branch'],
  ])('refuses a name of %s', (_what, xid, path) => {
    const begin = (): unknown => db.twoPhase(xid as string, async () => undefined);
    expect(begin).toThrow(
      expect.objectContaining({ kind: 'invalid-input', issues: [expect.objectContaining({ path })] }),
    );
  });
});

it('is refused by name on SQLite', async () => {
  const db = new DatabaseOperations({ url: 'sqlite::memory:' });
  const prepared = db.twoPhase('x', async () => undefined).prepare();
  const refusal = { kind: 'configuration', message: expect.stringContaining('SQLite has no two-phase commit') };
  await expect(failureOf(prepared)).resolves.toMatchObject(refusal);
  await expect(failureOf(db.twoPhase.recover())).resolves.toMatchObject(refusal);
  await db.close();
});
