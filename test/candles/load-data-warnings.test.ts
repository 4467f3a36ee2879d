import { expect, it } from '@jest/globals';
import type { CandleInput, ErrorKind } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryLoadingServer } from '../support/loading-bench.ts';
import { candle, SERIES } from '../support/samples.ts';

const candles = (count: number): CandleInput[] => Array.from({ length: count }, (_, minute) => candle(minute));
/** What an operator may add to the table, after which the server leaves out every candle from the 480th minute on. */
const ADDED: readonly (readonly [what: string, statements: readonly string[], kind: ErrorKind])[] = [
  [
    'without a partition for them',
    [
      "alter table market_data partition by range columns (start_time) (partition early values less than ('2024-01-01 08:00:00'))",
    ],
    'constraint',
  ],
  [
    'that refer to what is not there',
    [
      'create table minutes (start_time datetime(3) primary key)',
      "insert into minutes with recursive m (n) as (select 0 union all select n + 1 from m where n < 479) select '2024-01-01' + interval n minute from m",
      'alter table market_data add foreign key (start_time) references minutes (start_time)',
    ],
    'constraint',
  ],
  ['that a check refuses', ["alter table market_data add check (start_time < '2024-01-01 08:00:00')"], 'constraint'],
  [
    'for which a trigger finds a key taken elsewhere',
    [
      'create table seen (hour int primary key)',
      'insert into seen values (8)',
      'create trigger see before insert on market_data for each row insert into seen select 8 from dual where hour(new.start_time) = 8',
    ],
    'duplicate',
  ],
];

onEveryLoadingServer('rows that are left out of a file by a real', (bench) => {
  it.each(ADDED)('%s are no stored ones: it is undone, and the statement refuses', async (_what, statements, kind) => {
    const { url, sql } = await bench.another();
    for (const statement of statements) {
      await sql(statement);
    }
    for (const forceUpdate of [false, true, 'unless-closed'] as const) {
      const { db, files } = bench.instance({ url, pool: { max: 1 } });
      await expect(failureOf(db.marketData.upsertCandles(candles(1_000), { forceUpdate }))).resolves.toMatchObject({
        kind,
      });
      expect(files()).toBe(1);
      await expect(db.marketData.countCandles()).resolves.toBe(0);
      // those that are stored already do not make the others so
      await db.marketData.upsertCandles(candles(450).slice(400));
      await expect(failureOf(db.marketData.upsertCandles(candles(1_000), { forceUpdate }))).resolves.toMatchObject({
        kind,
      });
      await expect(db.marketData.countCandles()).resolves.toBe(50);
      await sql('delete from market_data');
    }
  });

  it('since they are stored are counted from the file, however short the list of warnings is elsewhere', async () => {
    const { url } = await bench.another();
    // on MySQL it takes a privilege, so that the server's own choice of a length counts
    const initStatements = bench.dialect === 'mariadb' ? ['set max_error_count = 0, sql_notes = 0'] : [];
    const { db, statements, files } = bench.instance({ url, initStatements, pool: { max: 1 } });
    await db.marketData.upsertCandles(candles(300).slice(200));
    statements.length = 0;
    await expect(db.marketData.upsertCandles(candles(2_000))).resolves.toMatchObject({
      inserted: 1_900,
      unchanged: 100,
    });
    expect(files()).toBe(1);
    expect(statements.filter((statement) => /^(insert|show)/.test(statement))).toEqual(['show warnings']);
    await expect(db.marketData.countCandles(SERIES)).resolves.toBe(2_000);
  });

  it('are asked about only where there are any', async () => {
    const { url } = await bench.another();
    const { db, statements } = bench.instance({ url, pool: { max: 1 } });
    await db.marketData.upsertCandles(candles(2_000));
    expect(statements.filter((statement) => /^show/.test(statement))).toEqual([]);
  });
});
