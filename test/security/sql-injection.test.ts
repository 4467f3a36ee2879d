import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { bot } from '../support/samples.ts';

/** In latin1 the last byte of these letters is a quote, or the first of two that take one in. */
const ODD = ['\u6f27', "\u6f27 union select 'out'-- ", '\u7e17\\', "\u7e17\\' or 1 = 1 -- ", '\u{1f680}', 'Zürich'];

onEveryServer('what is sent by db.sql to a', (dialect) => {
  let database: FreshDatabase;
  let db: DatabaseOperations;

  beforeAll(async () => {
    database = await freshDatabase(dialect);
    db = new DatabaseOperations({ url: database.url, pool: { max: 1 } });
    await db.migrations.up();
    await database.sql(
      "create function leaving() returns int begin set @left = 'mine'; return get_lock('left', 0); end",
    );
    await database.sql(
      'create function results_in(name varchar(20)) returns int begin set character_set_results = name; return 1; end',
    );
    await database.sql('create procedure results_lost() begin set names gbk; end');
  });
  afterAll(async () => {
    await db.close();
    await database.remove();
  });

  it('is refused in a session whose encoding was changed, whatever it is, together with its transaction', async () => {
    const encodings = await db.sql.query<{ name: string }>(
      'select character_set_name as name from information_schema.character_sets order by 1',
    );
    expect(encodings.length).toBeGreaterThan(35);
    for (const { name } of encodings) {
      for (const statement of [
        `set names ${name}`,
        `set character_set_client = ${name}`,
        `set character_set_results = ${name}`,
        `set session_track_system_variables = '', names ${name}`,
      ]) {
        const seen: unknown[] = [];
        const run = db.transaction(async (tx) => {
          await tx.bots.add(bot({ name: `bot ${name}` }));
          await tx.sql.execute(statement).catch(() => undefined);
          for (const value of ODD) {
            seen.push(await tx.sql.scalar`select ${value}`);
          }
          await tx.bots.add(bot({ name: ODD[0] as string }));
          return 'done';
        });
        const outcome = await run.catch((error: unknown) => error);
        // the server refuses some of them as the encoding of a client
        if (outcome === 'done') {
          expect(seen).toEqual(ODD);
          expect((await db.bots.list()).map((each) => each.name)).toContain(ODD[0]);
          await db.sql.execute('delete from bots');
        } else {
          expect(outcome).toMatchObject({
            kind: 'configuration',
            code: expect.stringMatching(/^(?:QUOTING_LOST|ER_WRONG_VALUE_FOR_VAR)$/),
          });
          expect(seen).toEqual([]);
        }
        expect(await db.bots.list()).toEqual([]);
      }
    }
    await expect(db.sql.query('select ? as value', [ODD[0] as string])).resolves.toEqual([{ value: ODD[0] }]);
  }, 120_000);

  it('is refused after a function, a procedure or a prepared statement that changed the encoding', async () => {
    for (const changing of [
      "select results_in('latin1')",
      "update bots set version = results_in('latin1')",
      "prepare hidden from 'set names latin1'",
    ]) {
      const run = db.transaction(async (tx) => {
        await tx.bots.add(bot());
        await (changing.startsWith('select') ? tx.sql.query(changing) : tx.sql.execute(changing));
        await tx.sql.execute('execute hidden');
        await tx.bots.add(bot({ name: ODD[0] as string }));
      });
      await expect(failureOf(run)).resolves.toMatchObject({ code: 'QUOTING_LOST' });
      await expect(db.bots.list()).resolves.toEqual([]);
    }
    const called = db.transaction(async (tx) => {
      await tx.sql.callProcedure('results_lost');
    });
    await expect(failureOf(called)).resolves.toMatchObject({ code: 'QUOTING_LOST' });
  });

  it.each([
    ['select 1 /*!80000 + ? */', 'select 1 /*!80000 + ? */'],
    ['select 1 /*!99999 + ? */', 'select 1 /*!99999 + ? */'],
    ['select 1 /*! + ? */', 'select 1 /*! + ? */'],
    ['select 1 /*M! + ? */', 'select 1 /*M! + ? */'],
    ['select 1 /*M!100000 + ? */', 'select 1 /*M!100000 + ? */'],
    ['quotes that only some servers see', "select /*!99999 ' */ ' ? ' /*!99999 ' */"],
    ['one that does not end', 'select 1 /*!99999 + ?'],
    ['a comment in such a comment', 'select 1 /*!99999 /* */ + ?'],
  ])('has no mark in a comment that only some servers run: %s', async (_what, text) => {
    const failure = await failureOf(db.sql.query(text, ['*/ union select user() -- ']));
    expect(failure).toMatchObject({ kind: 'invalid-input', attempts: 0 });
    expect(failure.message).toMatch(/inside \/\*! … \*\/|a comment not ended/);
    await expect(db.sql.scalar('select /*!40000 1 + */ ?', [1])).resolves.toBe(2);
  });

  it.each(['n?', 'x?', "'a'?", "?'a'", '1?', '1.?', '?.5', '0x?', '??', '`a`?', 'e_?'])(
    'has no mark that touches something else: %s',
    async (text) => {
      const values = Array.from(text.replace(/[^?]/g, ''), () => '41');
      await expect(failureOf(db.sql.query(`select ${text}`, values))).resolves.toMatchObject({
        kind: 'invalid-input',
        attempts: 0,
        message: expect.stringContaining('around each ?'),
      });
    },
  );

  it('has no text in double quotes that two modes read in two ways beside a value', async () => {
    const text = String.raw`select "a\" x" ? "y"`;
    await expect(failureOf(db.sql.query(text, ['z']))).resolves.toMatchObject({
      kind: 'invalid-input',
      message: expect.stringContaining('single quotes'),
    });
  });

  it('compares as a text in the statement does, whatever its letters are', async () => {
    for (const value of ['abc', 'äbc', "o'brien", 'a\\b', '"a"', '']) {
      const text = `'${value.replace(/['\\]/g, '\\$&')}'`;
      const row = await db.sql.first(
        `select ? = ${text} as same, concat(?, 'ABC') = concat(${text}, 'abc') as folded, ? like ${text.replaceAll('\\\\', '\\\\\\\\')} as alike,
          collation(?) = collation(${text}) as collated, coercibility(?) = coercibility(${text}) as coerced,
          case when 1 then ? else 'x' end = ${text} as cased, char_length(?) as letters`,
        Array.from({ length: 7 }, () => value),
      );
      expect({ value, ...row }).toEqual({
        value,
        same: 1,
        folded: 1,
        alike: 1,
        collated: 1,
        coerced: 1,
        cased: 1,
        letters: value.length,
      });
    }
  });

  it('has no negative number take something away from what stands before it', async () => {
    await expect(failureOf(db.sql.scalar('select 7 ?', [-5]))).resolves.toMatchObject({ kind: 'invalid-input' });
    await expect(db.sql.scalar('select 7 - ? - ?', [-5, -2n])).resolves.toBe(14);
  });

  it('is refused in a mode in which names can stand in brackets', async () => {
    const run = db.transaction(async (tx) => {
      await tx.sql.execute("set session sql_mode = 'MSSQL'");
      await tx.sql.scalar('select 1');
    });
    await expect(failureOf(run)).resolves.toMatchObject({ kind: 'configuration' });
  });

  it('takes bytes for bytes, where a number is wanted too', async () => {
    const bytes = Buffer.from([0x00, 0x31, 0x27, 0x5c]);
    const row = await db.sql.first('select ? as b, hex(?) as h, length(?) as l, ? + 0 as n, ? = binary 0x31 as e', [
      bytes,
      bytes,
      Buffer.alloc(0),
      Buffer.from('31'),
      Buffer.from('1'),
    ]);
    expect(row).toEqual({ b: bytes, h: '0031275C', l: 0, n: 31, e: 1 });
  });

  it('leaves nothing of what a function called by a select has set', async () => {
    await expect(db.sql.scalar('select leaving()')).resolves.toBe(1);
    await expect(db.sql.first("select @left as variable, is_free_lock('left') as free")).resolves.toEqual({
      variable: null,
      free: 1,
    });
    await db.transaction(async (tx) => {
      await expect(tx.sql.scalar('select leaving()')).resolves.toBe(1);
    });
    await expect(db.sql.first("select @left as variable, is_free_lock('left') as free")).resolves.toEqual({
      variable: null,
      free: 1,
    });
    for await (const _ of db.sql.stream('select leaving()')) {
      // its one row
    }
    await expect(db.sql.scalar("select is_free_lock('left')")).resolves.toBe(1);
  });
});
