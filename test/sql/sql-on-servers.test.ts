import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations, type DatabaseOptions, type Logger, sql } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { openFaultProxy } from '../support/fault-proxy.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { bot } from '../support/samples.ts';

onEveryServer('db.sql on a', (dialect) => {
  let database: FreshDatabase;
  let db: DatabaseOperations;
  const opened: DatabaseOperations[] = [];
  const instance = (options: DatabaseOptions = {}): DatabaseOperations => {
    const made = new DatabaseOperations({ url: database.url, pool: { max: 1 }, ...options });
    opened.push(made);
    return made;
  };

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    db = instance();
    await db.migrations.up();
  });

  afterAll(async () => {
    await Promise.all(opened.map((each) => each.close()));
    await database.remove();
  });

  it('takes a negative value for a value, and never for something that is taken away', async () => {
    for (const value of [-1.5, -1n, sql.decimal('-1.5')]) {
      await expect(failureOf(db.sql.scalar('select 5 ?', [value]))).resolves.toMatchObject({ kind: 'invalid-input' });
      await expect(db.sql.scalar('select 5 - ? > 6', [value])).resolves.toBe(value === -1n ? 0 : 1);
    }
  });

  it('begins no block of statements in a transaction', async () => {
    const block = db.transaction((tx) => tx.sql.execute('begin not atomic select 1; end'));
    await expect(failureOf(block)).resolves.toMatchObject({ kind: 'invalid-input', attempts: 0 });
  });

  it('says what to do where a value cannot stand, whatever it is', async () => {
    for (const value of ['plain', "it's", 'ü']) {
      const separated = db.sql.query('select group_concat(name separator ?) from bots', [value]);
      await expect(failureOf(separated)).resolves.toMatchObject({
        kind: 'invalid-input',
        attempts: 0,
        message: expect.stringMatching(/no \? behind SEPARATOR/),
      });
      await expect(failureOf(db.sql.query('show tables like ?', [value]))).resolves.toMatchObject({
        kind: 'invalid-input',
        attempts: 0,
        message: expect.stringMatching(/LIKE of a SHOW.*use SHOW … WHERE/),
      });
    }
    const commented = db.sql.execute('create table commented (a int) comment ?', ["it's"]);
    await expect(failureOf(commented)).resolves.toMatchObject({ message: expect.stringMatching(/plain ASCII alone/) });
    const name = await db.sql.scalar('select database()');
    const where = `show tables where tables_in_${String(name)} like ?`;
    await expect(db.sql.query(where, ["b'%"])).resolves.toHaveLength(0);
    await expect(db.sql.query(where, ['bo_s'])).resolves.toHaveLength(1);
  });

  it('compares texts by another collation where it is named, and says so where it is not', async () => {
    const other = instance({ charset: 'utf8mb4_unicode_ci' });
    await expect(failureOf(other.sql.scalar("select 'Zürich' = ?", ['Zürich']))).resolves.toMatchObject({
      kind: 'invalid-input',
      message: expect.stringMatching(/utf8mb4_unicode_ci.*name a collation beside the value/),
    });
    await expect(other.sql.scalar("select 'Zürich' = ? collate utf8mb4_unicode_ci", ['Zürich'])).resolves.toBe(1);
    await expect(other.sql.scalar('select count(*) from bots where name = ?', ['Zürich'])).resolves.toBe(0);
  });

  it('gives back every type exactly', async () => {
    await db.sql.execute(`create table every_type (
      whole bigint, unsigned_whole bigint unsigned, small tinyint(1), in_year year, exact decimal(65,30), money decimal(10,2),
      single_float float, double_float double, at datetime(3), at_second datetime, at_micro datetime(6), stamp timestamp(3) null,
      on_day date, for_time time(3), doc json, bytes varbinary(8), large longblob, bits bit(9), word enum('a','b'), words set('a','b'),
      text_of text character set utf8mb4, latin varchar(8) character set latin1, nothing int)`);
    const at = new Date('2024-02-29T23:59:59.123Z');
    await db.sql.execute(
      `insert into every_type values (?, ?, ?, 2024, ?, ?, 0.5, ?, ?, ?, '2024-02-29 23:59:59.123456', ?, '2024-02-29', '-12:34:56.789',
        ?, ?, ?, b'100000001', 'b', 'a,b', ?, 'Zürich', null)`,
      [
        -(2n ** 63n),
        2n ** 64n - 1n,
        true,
        '12345678901234567890123456789012345.000000000000000000000000000001',
        '-1.50',
        1e-300,
        at,
        new Date('2024-02-29T23:59:59Z'),
        at,
        '{"price": 0.1234567890123456789}',
        Buffer.from([0, 255]),
        Buffer.from([1]),
        "it's \\ 価格",
      ],
    );
    const row = await db.sql.first('select * from every_type');
    expect(row).toEqual({
      whole: -(2n ** 63n),
      unsigned_whole: 2n ** 64n - 1n,
      small: 1,
      in_year: 2024,
      exact: '12345678901234567890123456789012345.000000000000000000000000000001',
      money: '-1.5',
      single_float: 0.5,
      double_float: 1e-300,
      at,
      at_second: new Date('2024-02-29T23:59:59Z'),
      at_micro: '2024-02-29 23:59:59.123456',
      stamp: at,
      on_day: '2024-02-29',
      for_time: '-12:34:56.789',
      doc: expect.stringContaining('0.123456789012345'),
      bytes: Buffer.from([0, 255]),
      large: Buffer.from([1]),
      bits: Buffer.from([1, 1]),
      word: 'b',
      words: 'a,b',
      text_of: "it's \\ 価格",
      latin: 'Zürich',
      nothing: null,
    });
    const streamed = db.sql.stream('select * from every_type');
    expect((await streamed.next()).value).toEqual(row);
    await streamed.return();
    // 100 is no 1 and a date that does not exist is not made one that does
    await expect(db.sql.scalar('select cast(100.00 as decimal(10,2))')).resolves.toBe('100');
    await expect(db.sql.scalar("select cast('0000-00-00' as datetime)")).resolves.not.toBeInstanceOf(Date);
  });

  it('writes values that mean the same in every mode of the session', async () => {
    const values = ["\\' or 1=1 -- ", '\\', "''", '"; --', "a'b\\'c"];
    await db.transaction(async (tx) => {
      for (const mode of ['ANSI_QUOTES', 'ANSI', '']) {
        await tx.sql.execute`set session sql_mode = ${mode}`;
        for (const value of values) {
          await expect(tx.sql.scalar`select ${value}`).resolves.toBe(value);
          await expect(tx.sql.scalar`select ${value} = ${value}`).resolves.toBe(1);
        }
      }
    });
    await expect(db.sql.scalar('select @@session.sql_mode')).resolves.toContain('STRICT_ALL_TABLES');
    const unsafe = db.transaction(async (tx) => {
      await tx.bots.add(bot());
      await tx.sql.execute`set session sql_mode = ${'NO_BACKSLASH_ESCAPES'}`.catch(() => undefined);
      await tx.sql.scalar`select ${"\\' or 1 = 1 -- "}`;
    });
    await expect(failureOf(unsafe)).resolves.toMatchObject({ kind: 'configuration', code: 'QUOTING_LOST' });
    await expect(db.bots.list()).resolves.toEqual([]);
  });

  it('leaves nothing of a session to who has the connection next', async () => {
    const { sql } = db;
    await sql.execute`set @leak = ${1}, session sort_buffer_size = 65536`;
    await sql.execute('create temporary table leak (k int)');
    await sql.query("select get_lock('leak', 0)");
    await sql.query('select @other := 5');
    await sql.execute(`set time_zone = '+05:00'`);
    await expect(sql.first('select @leak as a, @other as b, @@session.time_zone as zone')).resolves.toEqual({
      a: null,
      b: null,
      zone: '+00:00',
    });
    await expect(failureOf(sql.query('select * from leak'))).resolves.toMatchObject({ kind: 'schema' });
    await expect(instance().sql.scalar("select is_free_lock('leak')")).resolves.toBe(1);
  });

  it('keeps what a transaction sets until its end', async () => {
    await db.transaction(async (tx) => {
      await tx.sql.execute`set @kept = ${'yes'}`;
      await tx.sql.execute('create temporary table kept (k int)');
      await tx.sql.execute('insert into kept values (1)');
      await expect(tx.sql.scalar('select concat(@kept, count(*)) from kept')).resolves.toBe('yes1');
    });
    await expect(db.sql.scalar('select @kept')).resolves.toBeNull();
  });

  it.each([
    ['create table t (k int)', /outside of the transaction/],
    ['/*! truncate */ table bots', /outside of the transaction/],
    ['truncate bots', /outside of the transaction/],
    ['rename table bots to b', /outside of the transaction/],
    ['grant select on *.* to x', /outside of the transaction/],
    ['lock tables bots write', /use db\.transaction/],
    ['set autocommit = 1', /use db\.transaction/],
    ['set @a = 1, session AUTOCOMMIT = 1', /use db\.transaction/],
    ['use mysql', /write the database before the table/],
  ])('refuses %s in a transaction, which it would end or lead elsewhere', async (statement, says) => {
    const run = db.transaction(async (tx) => {
      await tx.bots.add(bot());
      await tx.sql.execute(statement);
    });
    await expect(failureOf(run)).resolves.toMatchObject({
      kind: 'invalid-input',
      message: expect.stringMatching(says),
    });
    await expect(db.bots.list()).resolves.toEqual([]);
  });

  it('runs no second statement behind a first one, not even behind one with statements inside', async () => {
    const hidden = db.sql.execute('create procedure hiding() select 1; drop table bots');
    await expect(failureOf(hidden)).resolves.toMatchObject({ kind: 'invalid-input' });
    await expect(failureOf(db.sql.query('select 1; drop table bots'))).resolves.toMatchObject({ attempts: 0 });
    await expect(db.sql.tableNames()).resolves.toContain('bots');
  });

  it('calls a procedure: all of its result sets, and what comes out of it', async () => {
    await db.sql.execute(`create procedure several (in first_in int, out total decimal(20,3), inout both_ways varchar(64))
      begin
        select first_in as a, 'x' as b union all select 2, 'y';
        select 9007199254740993 as large;
        update bots set version = version;
        set total = 1.5;
        set both_ways = concat(both_ways, '!');
      end`);
    const result = await db.sql.callProcedure('several', [1, { out: 'total' }, { out: 'greeting', value: "it's \\" }]);
    expect(result).toEqual({
      resultSets: [
        [
          { a: 1, b: 'x' },
          { a: 2, b: 'y' },
        ],
        [{ large: 9_007_199_254_740_993n }],
      ],
      out: { total: '1.5', greeting: "it's \\!" },
      affectedRows: 0,
    });
    const name = new URL(database.url).pathname.slice(1);
    await expect(db.sql.callProcedure(`${name}.several`, [7, { out: 'a' }, { out: 'b' }])).resolves.toMatchObject({
      out: { a: '1.5' },
    });
    await db.transaction(async (tx) => {
      await expect(tx.sql.callProcedure('several', [1, { out: 'a' }, { out: 'b' }])).resolves.toMatchObject({
        out: { a: '1.5' },
      });
    });
    await expect(failureOf(db.sql.callProcedure('nobody'))).resolves.toMatchObject({ operation: 'sql.callProcedure' });
  });

  it.each([
    ['a name with a quote', ['p`(); drop table bots; -- ', []], 'name'],
    ['a name of three parts', ['a.b.c', []], 'name'],
    ['no name', ['', []], 'name'],
    ['arguments that are no list', ['p', {}], 'args'],
    ['an argument that is nothing', ['p', [undefined]], 'args[0]'],
    ['a list as an argument', ['p', [[1]]], 'args[0]'],
    ['two that come out under one name', ['p', [{ out: 'a' }, { out: 'a' }]], 'args[1].out'],
    ['a value that cannot be sent', ['p', [{ out: 'a', value: Number.NaN }]], 'args[0].value'],
    ['an unknown field', ['p', [{ out: 'a', type: 'int' }]], 'args[0].type'],
  ])('refuses to call a procedure by %s', async (_what, [name, args], path) => {
    await expect(failureOf(db.sql.callProcedure(name as string, args as never[]))).resolves.toMatchObject({
      kind: 'invalid-input',
      issues: [expect.objectContaining({ path })],
    });
  });

  it('fails with its transaction where a procedure has committed that', async () => {
    await db.sql.execute('create procedure committing () begin commit; end');
    let later: Promise<unknown> | undefined;
    const run = db.transaction(async (tx) => {
      await tx.bots.add(bot());
      const called = tx.sql.callProcedure('committing');
      later = called.then(
        () => undefined,
        () => tx.bots.add(bot({ name: 'never' })),
      );
      await later.catch(() => undefined);
    });
    await expect(failureOf(run)).resolves.toMatchObject({
      kind: 'closed',
      message: expect.stringContaining('has ended the transaction'),
    });
    await expect(db.sql.query('select name from bots')).resolves.toEqual([{ name: 'grid-1' }]);
    await db.sql.execute('delete from bots');
  });

  it('repeats what may have been done only where the caller says that it may be done twice', async () => {
    const proxy = await openFaultProxy(database.url);
    const shaky = instance({ url: proxy.through(database.url) });
    try {
      const added = await db.bots.add(bot());
      await shaky.connect();
      proxy.cutAfter('version + 1');
      const once = shaky.sql.execute('update bots set version = version + 1');
      await expect(failureOf(once)).resolves.toMatchObject({ kind: 'connection', attempts: 1, retryable: false });
      await expect(db.sql.scalar('select version from bots')).resolves.toBe(added.version + 1);
      proxy.cutAfter('version = 7');
      const twice = shaky.sql.execute('update bots set version = 7', [], { idempotent: true });
      await expect(twice).resolves.toMatchObject({ affectedRows: 0 });
      proxy.cutAfter('select version');
      await expect(failureOf(shaky.sql.scalar('select version from bots'))).resolves.toMatchObject({ attempts: 1 });
      proxy.cutAfter('select version');
      const read = shaky.sql.scalar('select version from bots', [], { idempotent: true });
      await expect(read).resolves.toBe(7);
    } finally {
      await db.sql.execute('delete from bots');
      await shaky.close();
      await proxy.close();
    }
  });

  it('repeats a deadlock and says how often', async () => {
    const deadlock = "signal sqlstate '40001' set mysql_errno = 1213, message_text = 'a deadlock'";
    const attempts = { contention: { attempts: 3, baseDelayMs: 1, maxDelayMs: 1, maxElapsedMs: 10_000 } };
    const impatient = instance({ retry: attempts });
    await expect(failureOf(impatient.sql.execute(deadlock))).resolves.toMatchObject({ kind: 'deadlock', attempts: 3 });
  });

  it.each([
    [0, 1],
    [2, 3],
    [30, 31],
  ])('runs a transaction again %i times where that is what its options say', async (retries, runs) => {
    const quick = instance({
      retry: { contention: { attempts: 5, baseDelayMs: 1, maxDelayMs: 1, maxElapsedMs: 30_000 } },
    });
    let made = 0;
    const failing = quick.transaction(
      async (tx) => {
        made += 1;
        await tx.bots.add(bot());
        await tx.sql.execute("signal sqlstate '40001' set mysql_errno = 1213, message_text = 'a deadlock'");
      },
      { retries },
    );
    await expect(failureOf(failing)).resolves.toMatchObject({ kind: 'deadlock', attempts: runs });
    expect(made).toBe(runs);
    await expect(quick.bots.list()).resolves.toEqual([]);
  });

  it('counts the retries of a transaction over all sorts of failures', async () => {
    let made = 0;
    const quick = instance();
    const failing = quick.transaction(
      async (tx) => {
        made += 1;
        const errno = made % 2 === 0 ? 1213 : 1053;
        await tx.sql.execute(`signal sqlstate '45000' set mysql_errno = ${errno}, message_text = 'failing'`);
      },
      { retries: 3 },
    );
    await expect(failureOf(failing)).resolves.toMatchObject({ attempts: 4 });
    expect(made).toBe(4);
  });

  it('logs what was sent without the values', async () => {
    const lines: string[] = [];
    const line = (...parts: unknown[]): void => void lines.push(JSON.stringify(parts));
    const logger: Logger = { debug: line, info: line, warn: line, error: line };
    const told = instance({ logger, logQueries: true });
    await told.sql.query`select ${'secret-1'} as a, ${987_654} as b where ${'secret-2\\'} <> 'secret-3'`;
    const wrong = await failureOf(told.sql.query('select nonsense, ?', ['secret-4']));
    await told.sql.callProcedure('several', ['5', { out: 'a' }, { out: 'b', value: 'secret-5' }]);
    const all = `${lines.join('\n')} ${wrong.message} ${JSON.stringify(wrong)} ${JSON.stringify(wrong.cause)}`;
    expect(all).toContain('select ? as a, ? as b where ?');
    expect(all).not.toMatch(/secret|987654/);
  });
});
