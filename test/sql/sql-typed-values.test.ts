import { expect, it } from '@jest/globals';
import { type SqlArgument, sql } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot, candle, NEW_YEAR, SERIES } from '../support/samples.ts';

const minute = (minutes: number): Date => new Date(NEW_YEAR + minutes * 60_000);

onEveryDatabase('decimals and instants in db.sql', (bench) => {
  const fill = async (): Promise<void> => {
    const price = (high: string) => ({ open: '1', high, low: '0.5', close: '1', volume: high });
    await bench.db.marketData.upsertCandles([
      candle(0, price('9.5')),
      candle(1, price('42000.25')),
      candle(2, price('100000')),
      candle(3, price('42000.5')),
    ]);
  };

  it('are compared as what they are', async () => {
    await fill();
    const count = (condition: string, values: readonly SqlArgument[]): Promise<unknown> =>
      bench.db.sql.scalar(`select count(*) from market_data where ${condition}`, values);
    const limit = sql.decimal('42000.5');
    await expect(count('high > ?', [limit])).resolves.toBe(1);
    await expect(count('? <= high', [limit])).resolves.toBe(2);
    await expect(count('market_data.high = ?', [sql.decimal('42000.500')])).resolves.toBe(1);
    await expect(count('(high) <> ?', [limit])).resolves.toBe(3);
    await expect(count('high between ? and ?', [sql.decimal(9.5), limit])).resolves.toBe(3);
    await expect(count('high in (?)', [[limit, sql.decimal(100_000)]])).resolves.toBe(2);
    await expect(count('high > low and high not in (?)', [[limit]])).resolves.toBe(3);
    await expect(count('start_time >= ?', [minute(2)])).resolves.toBe(2);
    await expect(count('start_time >= ?', [sql.instant(minute(2).toISOString())])).resolves.toBe(2);
    await expect(count('start_time = (select max(start_time) from market_data)', [])).resolves.toBe(1);
    await expect(count('high > ? or high is null', [null])).resolves.toBe(0);
  });

  it('come out of aggregates, expressions and values as they are', async () => {
    await fill();
    const row = await bench.db.sql.first`
      select max(high), min(m.high) as low, sum(high) as total, avg(high) as mean, max(start_time) as latest,
        min(start_time), count(high) as counted, ${sql.decimal('-1.50')} as given, coalesce(max(symbol), '') as symbol
      from market_data m`;
    expect(row).toEqual({
      'max(high)': '100000',
      low: '9.5',
      total: '184010.25',
      mean: '46002.5625',
      latest: minute(3),
      'min(start_time)': minute(0),
      counted: 4,
      given: '-1.5',
      symbol: SERIES.symbol,
    });
    const grouped = await bench.db.sql.query(
      'select symbol, max(start_time) as latest from market_data group by symbol having max(high) > ? order by latest desc',
      [sql.decimal(5)],
    );
    expect(grouped).toEqual([{ symbol: SERIES.symbol, latest: minute(3) }]);
    await expect(
      bench.db.sql.scalar('select max(t) from (select start_time as t from market_data) as times'),
    ).resolves.toEqual(minute(3));
    await expect(
      bench.db.sql.scalar('select avg(high) from market_data where high < ?', [sql.decimal(0)]),
    ).resolves.toBeNull();
    await expect(
      bench.db.sql.scalar('select sum(high) over () as s from market_data order by start_time limit 1'),
    ).resolves.toBe('184010.25');
  });

  it('are averaged with four digits more, rounded away from zero', async () => {
    await bench.db.marketData.upsertCandles(
      ['1', '1', '2'].map((high, index) => candle(index, { open: '1', high, low: '0.5', close: '1' })),
    );
    await expect(bench.db.sql.scalar('select avg(high) from market_data')).resolves.toBe('1.3333333333333333333333');
    await expect(bench.db.sql.scalar('select sum(high) from market_data')).resolves.toBe('4');
    await bench.db.sql.execute('update market_data set high = ? where start_time = ?', [sql.decimal(2), minute(0)]);
    await expect(bench.db.sql.scalar('select avg(high) from market_data')).resolves.toBe('1.6666666666666666666667');
    await expect(
      bench.db.sql.query(
        'select sum(high) over (order by start_time rows between 1 preceding and current row) as s from market_data order by start_time',
      ),
    ).resolves.toEqual([{ s: '2' }, { s: '3' }, { s: '3' }]);
  });

  it('are in the order of the numbers, whatever their signs', async () => {
    const balances = ['-1', '-100', '-20.5', '3', '0', '100', '-100.000000000000000001', '20.5'];
    for (const [index, currentBalance] of balances.entries()) {
      await bench.db.bots.add(bot({ name: `bot ${index}`, exchange: index % 2 ? 'x' : 'y', currentBalance }));
    }
    const read = async (rest: string, values: readonly SqlArgument[] = []): Promise<unknown[]> =>
      (await bench.db.sql.query(`select current_balance from bots ${rest}`, values, { rowsAsArray: true })).flat();
    const sorted = ['-100.000000000000000001', '-100', '-20.5', '-1', '0', '3', '20.5', '100'];
    await expect(read('order by current_balance')).resolves.toEqual(sorted);
    await expect(read('where current_balance < ? order by 1', [sql.decimal(-20)])).resolves.toEqual(sorted.slice(0, 3));
    await expect(read('where current_balance >= ? order by 1', [sql.decimal(-20.5)])).resolves.toEqual(sorted.slice(2));
    await expect(
      read('where current_balance between ? and ? order by current_balance desc', [sql.decimal(-100), sql.decimal(-1)]),
    ).resolves.toEqual(['-1', '-20.5', '-100']);
    await expect(
      bench.db.sql.first(
        'select min(current_balance) as a, max(current_balance) as b, sum(current_balance) as c from bots',
      ),
    ).resolves.toEqual({ a: sorted[0], b: '100', c: '-98.000000000000000001' });
    await expect(
      bench.db.sql.query('select exchange, sum(current_balance) as s from bots group by exchange order by s'),
    ).resolves.toEqual([
      { exchange: 'y', s: '-121.500000000000000001' },
      { exchange: 'x', s: '23.5' },
    ]);
    await expect(
      read('where current_balance < (select avg(current_balance) from bots) order by current_balance'),
    ).resolves.toEqual(sorted.slice(0, 3));
    const stored = await bench.db.bots.getByName('bot 1');
    await expect(bench.db.bots.adjustBalance(stored?.id ?? 0, '0.5')).resolves.toMatchObject({
      currentBalance: '-99.5',
    });
  });

  it('are sums, averages and names of results like any other', async () => {
    const most = '999999999999999999';
    const price = (high: string) => ({ open: '1', high, low: '0.5', close: '1', volume: high });
    await bench.db.marketData.upsertCandles([
      candle(0, price(most)),
      candle(1, price(most)),
      { ...candle(2, price('42000.5')), symbol: 'A' },
      { ...candle(3, price('9.5')), symbol: 'A' },
    ]);
    const query = (text: string, values: readonly SqlArgument[] = []): Promise<unknown[]> =>
      bench.db.sql.query(text, values);
    const large = { symbol: SERIES.symbol, s: '1999999999999999998' };
    const sums = 'select symbol, sum(high) as s from market_data group by symbol';
    await expect(query(`${sums} order by s desc`)).resolves.toEqual([large, { symbol: 'A', s: '42010' }]);
    await expect(query(`${sums} having sum(high) > ?`, [sql.decimal(100_000)])).resolves.toEqual([large]);
    await expect(query(`${sums} having s > ?`, [sql.decimal(100_000)])).resolves.toEqual([large]);
    await expect(query(`select sum(s) as t from (${sums}) as x`)).resolves.toEqual([{ t: '2000000000000042008' }]);
    await expect(
      query('select sum(m) as t from (select avg(high) as m from market_data group by symbol) as x'),
    ).resolves.toEqual([{ t: '1000000000000021004' }]);
    await expect(
      query('select count(*) as n from market_data where high < (select sum(high) from market_data)'),
    ).resolves.toEqual([{ n: 4 }]);
    await expect(query('select t from (select max(start_time) as t from market_data) as x')).resolves.toEqual([
      { t: minute(3) },
    ]);
    await expect(
      query('with x (t, h) as (select start_time, high from market_data) select max(t) as t, sum(h) as h from x'),
    ).resolves.toEqual([{ t: minute(3), h: '2000000000000042008' }]);
    await expect(
      query('select count(*) as n from market_data where ? between start_time and end_time', [minute(1.5)]),
    ).resolves.toEqual([{ n: 1 }]);
  });

  it('are written as the repositories write them', async () => {
    await bench.db.bots.add(bot({ currentBalance: '5' }));
    const at = new Date('2024-05-06T07:08:09.123Z');
    await bench.db.sql.execute('update bots set current_balance = ?, last_heartbeat = ? where current_balance = ?', [
      sql.decimal('-12.5'),
      at,
      sql.decimal(5),
    ]);
    await expect(bench.db.bots.list()).resolves.toMatchObject([{ currentBalance: '-12.5', lastHeartbeat: at }]);
    await bench.db.sql.execute(
      'insert into bots (name, strategy_name, exchange, symbol, timeframe, status, virtual_balance, current_balance, created_at, updated_at) ' +
        'select ?, strategy_name, exchange, symbol, timeframe, status, ?, current_balance, created_at, updated_at from bots',
      ['second', sql.decimal('0.1')],
    );
    await expect(bench.db.bots.list()).resolves.toMatchObject([{}, { name: 'second', virtualBalance: '0.1' }]);
  });

  it.each([
    ['a word', 'x'],
    ['too many digits', '0.1234567890123456789'],
    ['nothing', undefined],
  ])('are refused where they are none: %s', async (_what, value) => {
    expect(() => sql.decimal(value as string)).toThrow(/sql\.decimal: .*expected a decimal/);
    expect(() => sql.instant(value as string)).toThrow(/sql\.instant: .*expected/);
  });
});
