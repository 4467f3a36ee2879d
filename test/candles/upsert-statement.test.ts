import { describe, expect, it } from '@jest/globals';
import { mariadbDialect } from '../../src/databases/mysql/mariadb.ts';
import { mysqlDialect } from '../../src/databases/mysql/mysql.ts';
import { sqliteDialect } from '../../src/databases/sqlite/sqlite.ts';
import { UpsertStatements, upsertCounts, upsertText } from '../../src/repositories/write/upsert-statement.ts';
import { type SmallRow, smallTable } from '../support/small-table.ts';

const RULES = { stamp: 'at', closing: 'done' } as const;
const HEAD = 'insert into `t` (`k`, `v`, `done`, `at`) values ';
const ROWS: readonly SmallRow[] = [
  { at: 'T1', done: true, value: '1', key: 'a' },
  { key: 'b', value: "it's a \\ ?", done: false, at: 'T2' },
];

describe('upsertText', () => {
  it.each([
    ['mysql', mysqlDialect, false, 'as `incoming` on duplicate key update `k` = `t`.`k`'],
    [
      'mysql',
      mysqlDialect,
      true,
      'as `incoming` on duplicate key update `at` = case when `t`.`v` <=> `incoming`.`v` and `t`.`done` <=> `incoming`.`done` ' +
        'then `t`.`at` else `incoming`.`at` end, `v` = `incoming`.`v`, `done` = `incoming`.`done`',
    ],
    [
      'mysql',
      mysqlDialect,
      'unless-closed',
      'as `incoming` on duplicate key update `at` = case when (`t`.`done` and not `incoming`.`done`) or ' +
        '(`t`.`v` <=> `incoming`.`v` and `t`.`done` <=> `incoming`.`done`) then `t`.`at` else `incoming`.`at` end, ' +
        '`v` = case when `t`.`done` and not `incoming`.`done` then `t`.`v` else `incoming`.`v` end, ' +
        '`done` = case when `t`.`done` and not `incoming`.`done` then `t`.`done` else `incoming`.`done` end',
    ],
    ['mariadb', mariadbDialect, false, 'on duplicate key update `k` = `t`.`k`'],
    [
      'mariadb',
      mariadbDialect,
      true,
      'on duplicate key update `at` = case when `t`.`v` <=> values(`v`) and `t`.`done` <=> values(`done`) ' +
        'then `t`.`at` else values(`at`) end, `v` = values(`v`), `done` = values(`done`)',
    ],
    [
      'mariadb',
      mariadbDialect,
      'unless-closed',
      'on duplicate key update `at` = case when (`t`.`done` and not values(`done`)) or ' +
        '(`t`.`v` <=> values(`v`) and `t`.`done` <=> values(`done`)) then `t`.`at` else values(`at`) end, ' +
        '`v` = case when `t`.`done` and not values(`done`) then `t`.`v` else values(`v`) end, ' +
        '`done` = case when `t`.`done` and not values(`done`) then `t`.`done` else values(`done`) end',
    ],
    ['sqlite', sqliteDialect, false, 'on conflict (`k`) do nothing'],
    [
      'sqlite',
      sqliteDialect,
      true,
      'on conflict (`k`) do update set `v` = tradestore_count_updated(excluded.`v`), `done` = excluded.`done`, ' +
        '`at` = excluded.`at` where not (`t`.`v` is excluded.`v` and `t`.`done` is excluded.`done`)',
    ],
    [
      'sqlite',
      sqliteDialect,
      'unless-closed',
      'on conflict (`k`) do update set `v` = tradestore_count_updated(excluded.`v`), `done` = excluded.`done`, ' +
        '`at` = excluded.`at` where not ((`t`.`done` and not excluded.`done`) or ' +
        '(`t`.`v` is excluded.`v` and `t`.`done` is excluded.`done`))',
    ],
  ] as const)('for %s writes', (_name, dialect, forceUpdate, conflict) => {
    expect(upsertText(dialect, smallTable, forceUpdate, RULES)).toEqual({
      head: HEAD,
      tail: expect.stringMatching(/^ /),
    });
    expect(upsertText(dialect, smallTable, forceUpdate, RULES).tail.trimStart()).toBe(conflict);
  });

  it('never ignores errors', () => {
    for (const dialect of [mysqlDialect, mariadbDialect, sqliteDialect]) {
      const { head, tail } = upsertText(dialect, smallTable, false, {});
      expect(head + tail).not.toMatch(/ignore|replace/i);
    }
  });
});

describe('the statement of some rows', () => {
  it.each([
    ['mysql', mysqlDialect, ' as `incoming` on duplicate key update `k` = `t`.`k`'],
    ['mariadb', mariadbDialect, ' on duplicate key update `k` = `t`.`k`'],
  ] as const)('holds the values in its text for %s, row by row in the order of the columns', (_name, dialect, tail) => {
    const { sql, parameters } = new UpsertStatements(dialect, smallTable, {}).statement(false, ROWS);
    expect(sql.replace(/ +/g, ' ')).toBe(`${HEAD}('a','1',1,'T1'),('b','it\\'s a \\\\ ?',0,'T2')${tail}`);
    expect(parameters).toEqual([]);
  });

  it('binds the values to placeholders for the embedded database, as the columns store them', () => {
    const { sql, parameters } = new UpsertStatements(sqliteDialect, smallTable, {}).statement(false, ROWS);
    expect(sql).toBe(`${HEAD}(?, ?, ?, ?), (?, ?, ?, ?) on conflict (\`k\`) do nothing`);
    expect(parameters).toEqual(['a', '1', 1, 'T1', 'b', "it's a \\ ?", 0, 'T2']);
  });

  it('follows the forceUpdate of each call', () => {
    const upsert = new UpsertStatements(mysqlDialect, smallTable, RULES);
    for (const forceUpdate of [true, false, 'unless-closed', false, true] as const) {
      const { tail } = upsertText(mysqlDialect, smallTable, forceUpdate, RULES);
      expect(upsert.statement(forceUpdate, ROWS).sql.endsWith(tail)).toBe(true);
    }
  });
});

describe('upsertCounts', () => {
  const result = (affected: number, updated?: number) => ({ rows: [], affected, updated });

  it.each([
    ['a server, several rows', mysqlDialect, true, result(5, 2), 4, { inserted: 1, updated: 2, unchanged: 1 }],
    ['a server, none changed', mariadbDialect, true, result(3, 0), 4, { inserted: 3, updated: 0, unchanged: 1 }],
    ['a server, one row inserted', mysqlDialect, true, result(1), 1, { inserted: 1, updated: 0, unchanged: 0 }],
    [
      'a server, one row changed',
      mysqlDialect,
      'unless-closed',
      result(2),
      1,
      { inserted: 0, updated: 1, unchanged: 0 },
    ],
    ['a server, one row kept', mysqlDialect, 'unless-closed', result(0), 1, { inserted: 0, updated: 0, unchanged: 1 }],
    ['a server, rows kept', mysqlDialect, false, result(3, 0), 10, { inserted: 3, updated: 0, unchanged: 7 }],
    ['the embedded one', sqliteDialect, true, result(5, 2), 6, { inserted: 3, updated: 2, unchanged: 1 }],
    ['the embedded one, rows kept', sqliteDialect, false, result(5, 0), 6, { inserted: 5, updated: 0, unchanged: 1 }],
  ] as const)('of %s', (_what, dialect, forceUpdate, outcome, rows, counts) => {
    expect(upsertCounts(dialect, forceUpdate, outcome, rows)).toEqual(counts);
  });
});
