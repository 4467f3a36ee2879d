import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations, isInvalidInputError, type SqlArgument, sql } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { candle, NEW_YEAR } from '../support/samples.ts';

const minute = (minutes: number): Date => new Date(NEW_YEAR + minutes * 60_000);

let db: DatabaseOperations;
beforeAll(() => {
  db = new DatabaseOperations({ url: 'sqlite::memory:' });
});
afterAll(() => db.close());

it.each(['$1', ':1', '@1', ':é', '$é', '@_', '?1', ':a', '$a::b', '#1'])(
  'refuses the mark %s, which would be null without a word',
  async (mark) => {
    await expect(failureOf(db.sql.scalar(`select ${mark}`))).resolves.toMatchObject({
      kind: 'invalid-input',
      attempts: 0,
      issues: expect.arrayContaining([expect.objectContaining({ expected: '? for each value' })]),
    });
  },
);

it('takes the same letters in quotes, in names and in comments', async () => {
  const row = await db.sql.first(
    'select \'$1\' as a, ":1" as `@1`, 2 as [:é], 3 as a$1 -- $1\n from (select 1 as ":1")',
  );
  expect(row).toEqual({ a: '$1', '@1': 1, ':é': 2, a$1: 3 });
});

it.each<[text: string, values: readonly SqlArgument[], path: string]>([
  ['select count(*) from market_data where high > ?', ['42000.5'], 'values[0]'],
  ['select count(*) from market_data where ? < "high"', [42_000.5], 'values[0]'],
  ['select count(*) from market_data m where m.[high] between ? and ?', [sql.decimal(1), '2'], 'values[1]'],
  ['select count(*) from market_data where high in (?)', [[sql.decimal(1), '2']], 'values[0]'],
  ['select count(*) from market_data where high > 42000.5', [], 'text'],
  ["select count(*) from market_data where start_time >= '2024-01-01'", [], 'text'],
  ['select count(*) from market_data where start_time >= ?', ['2024-01-01'], 'values[0]'],
  ['select count(*) from market_data where start_time >= ?', [NEW_YEAR], 'values[0]'],
  ['select count(*) from market_data where (symbol, start_time) > (?, ?)', ['a', minute(0)], 'text'],
  ['select count(*) from market_data where high > volume * 2', [], 'text'],
  ['select high - low from market_data', [], 'text'],
  ['select -high from market_data', [], 'text'],
  ['select round(high, 2) from market_data', [], 'text'],
  ['select cast(high as real) from market_data', [], 'text'],
  ['select count(*) from market_data where high like ?', ['4%'], 'text'],
  ['select start_time / 60000 from market_data', [], 'text'],
  ['select case when closed then start_time end from market_data', [], 'text'],
  ['select max(start_time) over () from market_data', [], 'text'],
  ['select t + 1 from (select start_time as t from market_data)', [], 'text'],
  ['select max(start_time) as latest from market_data group by symbol having latest > ?', [minute(0)], 'text'],
  ['update market_data set high = ?', ['5'], 'values[0]'],
  ["update market_data set high = '5'", [], 'text'],
  ['insert into bots (name, current_balance) values (?, ?)', ['a', '5'], 'values[1]'],
  ["insert into bots (name, created_at) values ('a', 0)", [], 'text'],
  ['insert into bots values (?)', ['a'], 'text'],
  ['insert into bots (name, current_balance) values ?', [[['a', '5']]], 'values[0]'],
  [
    'insert into bots (name, current_balance) values ?',
    [
      [
        ['a', sql.decimal(5)],
        ['b', 5],
      ],
    ],
    'values[0]',
  ],
  ["insert into bots (name, current_balance) select name, '5' from bots", [], 'text'],
  ['select symbol from market_data group by symbol having sum(high) > ?', ['5'], 'values[0]'],
  ['select symbol from market_data group by symbol having sum(high) > 5', [], 'text'],
  ['select sum(high) as s from market_data group by symbol having s > 5', [], 'text'],
  ['select sum(high) * 2 from market_data', [], 'text'],
  ['select -sum(high) from market_data', [], 'text'],
  ['select round(sum(high), 2) from market_data', [], 'text'],
  ['select coalesce(sum(high), 0) from market_data', [], 'text'],
  ['select sum(high) over () > 5 from market_data', [], 'text'],
  ['select s + 1 from (select sum(high) as s from market_data)', [], 'text'],
  ['select case high when ? then 1 end from market_data', ['1'], 'text'],
  ['select case ? when high then 1 end from market_data', ['1'], 'text'],
  ['select high from market_data union select 5', [], 'text'],
  ['select ? union all select high from market_data', ['5'], 'values[0]'],
  ['select high from market_data union select start_time from market_data', [], 'text'],
  ['select symbol from market_data where high = (select ?)', ['1'], 'values[0]'],
  ['select symbol from market_data where high in (select 1)', [], 'text'],
  ['select symbol from market_data where high > (?)', ['5'], 'values[0]'],
  ['select symbol from market_data where (high) > ((?))', ['5'], 'values[0]'],
  ['select symbol from market_data where high > abs(?)', [5], 'text'],
  ['select symbol from market_data where ? in (high)', ['1'], 'values[0]'],
  ['select symbol from market_data where 1 in (select high from market_data)', [], 'text'],
  ['select symbol from market_data where ? between low and high', ['1'], 'values[0]'],
  ['select symbol from market_data where ? not between start_time and end_time', ['2024-01-01'], 'values[0]'],
  ['with t (h) as (select high from market_data) select count(*) from t where h > 5', [], 'text'],
  ['with t (h) as (select high from market_data) select h + 1 from t', [], 'text'],
  ['create view prices as select high as h from market_data', [], 'text'],
  ['create table prices as select high from market_data', [], 'text'],
])('refuses what would be compared with another form: %s', async (text, values, path) => {
  const failure = await failureOf(db.sql.query(text, values));
  expect(isInvalidInputError(failure)).toBe(true);
  expect(failure.issues.map((issue) => issue.path)).toContain(path);
  expect(failure.message).toMatch(/sql\.decimal|sql\.instant|by name/);
});

it.each([
  'select high, start_time from market_data order by high desc, start_time',
  'select distinct symbol, high from market_data group by symbol, high',
  'select h.high from market_data as h join market_data as l on h.start_time = l.start_time and h.high >= l.low',
  'with recent as (select * from market_data where end_time is not null) select max(high), count(start_time) from recent',
  'create index by_end on market_data (end_time)',
  'drop index by_end',
  "select 'high > 5' as high /* start_time > 5 */ from market_data",
  'select name as open from bots order by open limit 5',
  'select high from market_data union all select open from market_data union select null order by 1',
  'select max(high) > min(low) as any_range from market_data',
  'select symbol from market_data where high > (select avg(high) from market_data) or low in (select high from market_data)',
  'select sum(high) filter (where closed) over (order by start_time) as running from market_data order by running',
  'create view of_symbols as select symbol from market_data',
  'drop view of_symbols',
])('takes %s', async (text) => {
  await expect(db.sql.query(text)).resolves.toBeDefined();
});

it('knows what an insert and an update return', async () => {
  await db.marketData.upsertCandle(candle(0));
  await expect(db.sql.query('update market_data set trade_count = 1 returning high, start_time')).resolves.toEqual([
    { high: String(candle(0).high), start_time: minute(0) },
  ]);
});

it('takes as many values as SQLite does, and soon, and says how many those are', async () => {
  const count = (marks: number): Promise<unknown> =>
    db.sql.scalar(`select count(*) from market_data where trade_count in (${Array(marks).fill('?').join()})`, [
      ...Array(marks).keys(),
    ]);
  await expect(count(32_766)).resolves.toBeGreaterThanOrEqual(0);
  const failure = await failureOf(count(32_767));
  expect(failure).toMatchObject({ kind: 'invalid-input' });
  expect(failure.message).toContain('SQLite takes at most 32766 values in one statement');
});

it('says that an expression has too many parts', async () => {
  const sum = failureOf(db.sql.scalar(`select ${Array(2_000).fill('?').join('+')}`, Array(2_000).fill(1)));
  await expect(sum).resolves.toMatchObject({ kind: 'invalid-input' });
});
