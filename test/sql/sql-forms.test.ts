import { expect, it } from '@jest/globals';
import { sql } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot, candle, SERIES } from '../support/samples.ts';

onEveryDatabase('the forms of db.sql', (bench) => {
  it('take values by name, once or more often', async () => {
    await bench.db.marketData.upsertCandles([candle(0), candle(1)]);
    const text =
      "select symbol, ':symbol' as quoted from market_data -- :nobody\n where symbol = :symbol and (timeframe = :timeframe or symbol = :symbol) and high > :high";
    const rows = await bench.db.sql.query(text, {
      timeframe: SERIES.timeframe,
      symbol: SERIES.symbol,
      high: sql.decimal(0),
    });
    expect(rows).toEqual([
      { symbol: SERIES.symbol, quoted: ':symbol' },
      { symbol: SERIES.symbol, quoted: ':symbol' },
    ]);
    await expect(
      bench.db.sql.scalar('select count(*) from market_data where symbol in (:symbols)', {
        symbols: [SERIES.symbol, 'x'],
      }),
    ).resolves.toBe(2);
    await expect(bench.db.transaction((tx) => tx.sql.scalar('select :value', { value: "it's" }))).resolves.toBe("it's");
  });

  it.each([
    ['a name that is missing', 'select :a, :b', { a: 1 }, 'values.b', /a value for the placeholder :b/],
    ['a name that is not used', 'select :a', { a: 1, b: 2 }, 'values.b', /a placeholder :b in the text/],
    ['a ? among names', 'select :a, ?', { a: 1 }, 'text', /named placeholders only/],
    ['a value that is none', 'select :a', { a: undefined }, 'values.a', /null is the value that is none/],
    ['no object of its own', 'select :a', new Map([['a', 1]]), 'values', /an object of values by name/],
  ])('refuse %s', async (_what, text, values, path, says) => {
    const failure = await failureOf(bench.db.sql.query(text, values as never));
    expect(failure).toMatchObject({ kind: 'invalid-input', attempts: 0 });
    expect(failure.issues.map((issue) => issue.path)).toContain(path);
    expect(failure.message).toMatch(says);
    expect(failure.message).toContain('Nothing was done');
  });

  it('take a list of rows behind values', async () => {
    const rows = [
      ['a', "it's", 1],
      ['b', null, 2],
      ['c', 'Zürich \\', -3],
    ];
    await bench.db.sql.execute('create table notes (k varchar(10) primary key, v varchar(20), n int)');
    try {
      await expect(bench.db.sql.execute('insert into notes (k, v, n) values ?', [rows])).resolves.toMatchObject({
        affectedRows: 3,
      });
      await expect(
        bench.db.sql.query('select k, v, n from notes order by k', [], { rowsAsArray: true }),
      ).resolves.toEqual(rows);
      await bench.db.sql.execute`insert into notes (k, v, n) values ${[['d', 'x', 4]]}`;
      await bench.db.sql.execute('insert into notes (k, v, n) values :rows', { rows: [['e', 'x', 5]] });
      await expect(bench.db.sql.scalar('select sum(n) from notes where k >= ?', ['d'])).resolves.toEqual(
        bench.dialect === 'sqlite' ? 9 : '9',
      );
    } finally {
      await bench.db.sql.execute('drop table notes');
    }
  });

  it('run a statement for many rows, all or none', async () => {
    const added = await bench.db.bots.add(bot());
    await bench.db.bots.add(bot({ name: 'second' }));
    const text = 'update bots set symbol = ?, current_balance = ? where name = ?';
    await expect(
      bench.db.sql.executeMany(text, [
        ['X', sql.decimal('1.5'), added.name],
        ['Y', sql.decimal('-2'), 'second'],
        ['Z', sql.decimal(3), 'nobody'],
      ]),
    ).resolves.toEqual({ affectedRows: 2, warnings: 0 });
    await expect(bench.db.bots.list()).resolves.toMatchObject([
      { symbol: 'X', currentBalance: '1.5' },
      { symbol: 'Y', currentBalance: '-2' },
    ]);
    const rename = 'update bots set name = :to where name = :from';
    const failing = bench.db.sql.executeMany(rename, [
      { from: 'second', to: 'third' },
      { from: added.name, to: 'third' },
    ]);
    await expect(failureOf(failing)).resolves.toMatchObject({ kind: 'duplicate', operation: 'sql.executeMany' });
    expect((await bench.db.bots.list()).map(({ name }) => name)).toContain('second');
    await bench.db.transaction(async (tx) => {
      await tx.sql.executeMany(rename, [{ from: 'second', to: 'third' }]);
    });
    expect((await bench.db.bots.list()).map(({ name }) => name)).toContain('third');
    await expect(bench.db.sql.executeMany(rename, [])).resolves.toEqual({ affectedRows: 0, warnings: 0 });
  });

  it.each([
    ['a value, by its row', ['update bots set symbol = ?', [['a'], [undefined]]], 'rows[1].values[0]'],
    ['too few values, by their row', ['update bots set symbol = ?, name = ?', [['a', 'b'], ['c']]], 'rows[1].values'],
    ['rows that are none', ['update bots set symbol = ?', 'abc'], 'rows'],
    ['a statement with rows', ['select ?', [[1]]], 'text'],
    ['an unknown option', ['update bots set symbol = ?', [['a']], { rowsAsArray: true }], 'rowsAsArray'],
    ['an unknown option, without rows', ['update bots set symbol = ?', [], { rowsAsArray: true }], 'rowsAsArray'],
    ['an option of another type, without rows', ['update bots set symbol = ?', [], { idempotent: 7 }], 'idempotent'],
    ['no text, without rows', [' ', []], 'text'],
  ])('refuse among many rows %s, and change nothing', async (_what, args, path) => {
    await bench.db.bots.add(bot());
    const failure = await failureOf(bench.db.sql.executeMany(...(args as [string, never[]])));
    expect(failure).toMatchObject({ kind: 'invalid-input', operation: 'sql.executeMany' });
    expect(failure.issues.map((issue) => issue.path)).toContain(path);
    await expect(bench.db.bots.list()).resolves.toMatchObject([{ symbol: bot().symbol }]);
  });

  it('hand out a stream in lists', async () => {
    await bench.db.marketData.upsertCandles(Array.from({ length: 25 }, (_, minute) => candle(minute)));
    const sizes: number[] = [];
    for await (const rows of bench.db.sql.stream('select start_time from market_data').batches(10)) {
      sizes.push(rows.length);
    }
    expect(sizes).toEqual([10, 10, 5]);
    const db = bench.instance({ pool: { max: 1 } });
    for await (const rows of db.sql
      .stream('select start_time from market_data', [], { rowsAsArray: true })
      .batches(5)) {
      expect(rows).toHaveLength(5);
      break;
    }
    // the connection is free again
    await expect(db.sql.scalar('select 1')).resolves.toBe(1);
    for (const size of [0, 1.5, Number.NaN, '5']) {
      expect(() => bench.db.sql.stream('select 1').batches(size as number)).toThrow(/size: expected a whole number/);
    }
  });

  it('name the columns where there is no row too', async () => {
    const none = await bench.db.sql.query('select name, max(created_at) as latest, 1 as one from bots group by name');
    expect(none).toEqual([]);
    expect(none.columns).toEqual(['name', 'latest', 'one']);
    await expect(bench.db.sql.query('select 1 as a, 2 as a', [], { rowsAsArray: true })).resolves.toMatchObject({
      columns: ['a', 'a'],
    });
    const nothing = await bench.db.sql.query`delete from bots`;
    expect(nothing.columns).toEqual([]);
  });

  it('advise a migration only for what a migration makes', async () => {
    for (const text of ['select * from nowhere', 'select nonsense from bots', 'select nowhere.x from bots']) {
      const failure = await failureOf(bench.db.sql.query(text));
      expect(failure.kind).toBe('schema');
      expect(failure.message).toContain('compare the names in the statement');
      expect(failure.message).not.toContain('migrate');
    }
    const empty = bench.instance();
    await empty.sql.execute('alter table bots rename to kept_bots');
    try {
      const failure = await failureOf(empty.sql.query('select * from bots'));
      expect(failure.message).toContain('tradestore migrate up');
    } finally {
      await empty.sql.execute('alter table kept_bots rename to bots');
    }
  });
});
