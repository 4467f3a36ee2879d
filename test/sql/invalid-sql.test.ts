import { describe, expect, it } from '@jest/globals';
import { isInvalidInputError, type SqlArgument } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot } from '../support/samples.ts';

type Values = readonly SqlArgument[];

const fail = (): never => {
  throw new TypeError('read');
};
const THROWING: ProxyHandler<object> = { get: fail, getPrototypeOf: fail, ownKeys: fail };

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

onEveryDatabase('db.sql', (bench) => {
  describe('refuses, and sends nothing', () => {
    it.each<[what: string, value: unknown, path: string, says: RegExp]>([
      ['nothing', undefined, 'values[1]', /null is the value that is none/],
      ['a number that is none', Number.NaN, 'values[1]', /a finite number/],
      ['infinity', Number.NEGATIVE_INFINITY, 'values[1]', /a finite number/],
      ['a number that has lost digits', 2 ** 53, 'values[1]', /give a bigint/],
      ['a whole number of more than 64 bits', 2n ** 64n, 'values[1]', /64 bits/],
      ['a function', () => 1, 'values[1]', /received a function/],
      ['a symbol', Symbol('x'), 'values[1]', /received a symbol/],
      ['an object', { toString: () => '1; drop table bots' }, 'values[1]', /JSON\.stringify/],
      ['a map', new Map(), 'values[1]', /JSON\.stringify/],
      ['a text in an object', Object('text'), 'values[1]', /JSON\.stringify/],
      ['other bytes', new Uint16Array(2), 'values[1]', /JSON\.stringify/],
      ['a Date that is none', new Date(Number.NaN), 'values[1]', /received an invalid Date/],
      ['a Date before the calendar of servers', new Date(-1e14), 'values[1]', /between the years 1000 and 9999/],
      ['half a surrogate pair', '\ud800', 'values[1]', /half surrogate pairs/],
      ['a NUL', 'a\0b', 'values[1]', /as a Buffer/],
      ['an empty list', [], 'values[1]', /at least one value/],
      ['a list outside of parentheses', [1, 2], 'values[1]', /alone in its parentheses/],
      ['a list of a list', [[1]], 'values[1]', /a list of rows behind VALUES/],
      ['rows of two lengths', [[1, 2], [3]], 'values[1][1]', /a row of 2 values/],
      ['a row with nothing in it', [[1, undefined]], 'values[1][0][1]', /null is the value that is none/],
      ['a row of a row', [[[1]]], 'values[1][0]', /a row of 1 values/],
      ['a list with nothing in it', [1, undefined], 'values[1][1]', /null is the value that is none/],
    ])('%s as a value, by its position', async (_what, value, path, says) => {
      await bench.db.bots.add(bot());
      const text = 'update bots set version = ?, symbol = ?';
      for (const failing of [
        bench.db.sql.execute(text, [1, value as SqlArgument]),
        bench.db.sql.execute`update bots set version = ${1}, symbol = ${value as never}`,
        bench.db.transaction((tx) => tx.sql.execute(text, [1, value as SqlArgument])),
      ]) {
        const error = await failureOf(failing);
        expect(isInvalidInputError(error)).toBe(true);
        expect(error).toMatchObject({ operation: 'sql.execute', attempts: 0 });
        expect(error.issues.map((issue) => issue.path)).toContain(path);
        expect(error.message).toMatch(says);
      }
      await expect(bench.db.bots.list()).resolves.toMatchObject([{ symbol: 'BTC-USDT' }]);
    });

    it.each<[what: string, text: unknown, values: unknown, says: RegExp]>([
      ['no text', 7, [], /text: expected the text of a statement/],
      ['an empty text', ' ', [], /text: expected the text of a statement/],
      ['nothing but a comment', '-- x', [], /text: expected a statement, received nothing but comments/],
      ['values that are no list', 'select ?', 'x', /values: expected a list of values/],
      ['too few values', 'select ?, ?', [1], /outside of quotes: 2, received 1/],
      ['too many values', "select '?'", [1], /outside of quotes: 0, received 1/],
      ['two statements', 'select 1; drop table bots', [], /text: expected one statement, received several/],
      ['two statements with a comment between', 'select 1; -- x\n drop table bots', [], /expected one statement/],
      ['quotes that do not end', "select 'x", [], /quotes not ended/],
      ['a comment that does not end', 'select 1 /* x', [], /a comment not ended/],
      ['BEGIN', 'begin', [], /use db\.transaction\(\)/],
      ['START TRANSACTION behind a comment', '/* x */ Start  Transaction', [], /use db\.transaction\(\)/],
      ['COMMIT', 'COMMIT;', [], /use db\.transaction\(\)/],
      ['ROLLBACK', 'rollback', [], /use db\.transaction\(\)/],
      ['SAVEPOINT', 'savepoint x', [], /tx\.transaction\(\) for a savepoint/],
      ['XA', "xa start 'x'", [], /db\.twoPhase\(\)/],
      ['CALL', 'call x()', [], /use callProcedure/],
    ])('%s', async (_what, text, values, says) => {
      const { sql } = bench.db;
      for (const failing of [
        sql.query(text as string, values as Values),
        sql.execute(text as string, values as Values),
        bench.db.transaction((tx) => tx.sql.scalar(text as string, values as Values)),
      ]) {
        const error = await failureOf(failing);
        expect(isInvalidInputError(error)).toBe(true);
        expect(error.message).toMatch(says);
      }
      await expect(sql.tableNames()).resolves.toContain('bots');
    });

    it('a value inside quotes, which would otherwise be part of the text', async () => {
      const inside = bench.db.sql.query`select * from bots where name = '${'x'}' and version = ${1}`;
      await expect(failureOf(inside)).resolves.toMatchObject({
        issues: [{ path: 'values[0]', expected: expect.stringContaining('outside of quotes') }],
      });
      const stray = bench.db.sql.query`select ? from bots where name = ${'x'}`;
      await expect(failureOf(stray)).resolves.toMatchObject({ issues: [{ path: 'text' }] });
    });

    it.each<[what: string, make: () => unknown]>([
      ['an object', () => new Proxy({}, THROWING)],
      ['a list', () => new Proxy([1], THROWING)],
      ['what was revoked', revoked],
    ])('%s that throws when it is read', async (_what, make) => {
      const { sql } = bench.db;
      const value = make() as never;
      const failing: readonly (readonly [path: string, call: () => Promise<unknown>])[] = [
        ['values', () => sql.query('select ?', value)],
        ['values', () => sql.query('select ?', [value])],
        ['values', () => sql.scalar('select :a', { a: value })],
        ['values', () => sql.execute('delete from bots where name = ?', [[value]])],
        ['', () => sql.execute`delete from bots where name = ${value}`],
        ['rows[0].values', () => sql.executeMany('delete from bots where name = ?', [value])],
        ['values', async () => sql.stream('select ?', [value])],
      ];
      for (const [path, call] of failing) {
        const error = await failureOf(call());
        expect(isInvalidInputError(error)).toBe(true);
        expect(error.issues).toEqual([{ path, expected: 'a plain value', received: expect.stringMatching(/throws/) }]);
      }
      expect(isInvalidInputError(await failureOf(sql.query(value)))).toBe(true);
      expect(isInvalidInputError(await failureOf(sql.executeMany('delete from bots', value)))).toBe(true);
      for (const given of [[value], [[value]], [[], value]] as never[][]) {
        const called = sql.callProcedure('p', given[0], given[1]);
        expect(isInvalidInputError(await failureOf(called))).toBe(true);
      }
    });

    it.each<[what: string, options: unknown, path: string]>([
      ['an unknown option', { rowAsArray: true }, 'rowAsArray'],
      ['an option of another type', { idempotent: 1 }, 'idempotent'],
      ['no object', true, ''],
    ])('%s', async (_what, options, path) => {
      const failure = await failureOf(bench.db.sql.query('select 1', [], options as never));
      expect(failure).toMatchObject({ kind: 'invalid-input', issues: [expect.objectContaining({ path })] });
      expect(() => bench.db.sql.stream('select 1', [], { batchSize: 0 })).toThrow(/batchSize: expected at least 1/);
    });
  });

  it('says what is wrong with a statement that the database does not understand', async () => {
    await expect(failureOf(bench.db.sql.query('selec 1'))).resolves.toMatchObject({
      kind: 'invalid-input',
      attempts: 1,
      message: expect.stringContaining('correct the statement'),
    });
    await expect(failureOf(bench.db.sql.query('select * from nowhere'))).resolves.toMatchObject({ kind: 'schema' });
  });

  it('does not lose the rows of a statement that was run as one without rows, in silence', async () => {
    await expect(failureOf(bench.db.sql.execute('select 1'))).resolves.toMatchObject({
      kind: 'invalid-input',
      message: expect.stringContaining('use query'),
    });
    await expect(failureOf(bench.db.sql.scalar('select 1, 2'))).resolves.toMatchObject({
      kind: 'invalid-input',
      message: expect.stringContaining('one of 2 columns'),
    });
  });

  it('shows no field of its own making in an error', async () => {
    const failure = await failureOf(bench.db.sql.execute('select 1'));
    expect(Object.keys(failure).filter((key) => key.startsWith('foreign'))).toEqual([]);
  });

  it('runs no second statement behind one with statements inside', async () => {
    const trigger =
      "create trigger hiding after insert on bots for each row begin delete from bots where name = 'x'; end";
    const failure = await failureOf(bench.db.sql.execute(`${trigger}; drop table bots`));
    expect(failure.kind).toBe('invalid-input');
    await expect(bench.db.sql.tableNames()).resolves.toContain('bots');
    await expect(bench.db.sql.execute(`${trigger};`)).resolves.toMatchObject({ affectedRows: 0 });
    await bench.db.sql.execute('drop trigger hiding');
  });

  it('takes a ; at the end, and one inside of quotes', async () => {
    await expect(bench.db.sql.scalar("select ';' as a; -- end")).resolves.toBe(';');
    await expect(bench.db.sql.scalar('select 1 as `a;b`;')).resolves.toBe(1);
  });
});
