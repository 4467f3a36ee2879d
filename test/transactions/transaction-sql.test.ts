import { expect, it } from '@jest/globals';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot, candle, SERIES } from '../support/samples.ts';

onEveryDatabase('tx.sql', (bench) => {
  it('sees and writes what its transaction does, which others see only after the end', async () => {
    const other = bench.instance();
    const ended = bench.db.transaction(async (tx) => {
      await tx.bots.add(bot());
      await tx.sql.execute`update bots set symbol = ${'X'}`;
      await expect(tx.bots.getByName('grid-1')).resolves.toMatchObject({ symbol: 'X' });
      await expect(tx.sql.scalar`select count(*) from bots`).resolves.toBe(1);
      await expect(other.sql.scalar`select count(*) from bots`).resolves.toBe(0);
      throw new Error('undone');
    });
    await expect(ended).rejects.toThrow('undone');
    await expect(other.sql.scalar`select count(*) from bots`).resolves.toBe(0);
  });

  it('is undone with its savepoint', async () => {
    await bench.db.transaction(async (tx) => {
      await tx.bots.add(bot());
      const inner = tx.transaction(async (part) => {
        await part.sql.execute`update bots set symbol = ${'X'}`;
        throw new Error('left out');
      });
      await expect(inner).rejects.toThrow('left out');
    });
    await expect(bench.db.sql.scalar`select symbol from bots`).resolves.toBe('BTC-USDT');
  });

  it('works in the order in which it was called', async () => {
    await bench.db.bots.add(bot());
    await bench.db.transaction((tx) =>
      Promise.all(['A', 'B', 'C'].map((symbol) => tx.sql.execute`update bots set symbol = ${symbol}`)),
    );
    await expect(bench.db.sql.scalar`select symbol from bots`).resolves.toBe('C');
  });

  it('goes on after a statement that was wrong', async () => {
    await bench.db.transaction(async (tx) => {
      await tx.bots.add(bot());
      await expect(failureOf(tx.sql.query('select nonsense from bots'))).resolves.toMatchObject({ kind: 'schema' });
      await tx.bots.add(bot({ name: 'second' }));
    });
    await expect(bench.db.sql.scalar`select count(*) from bots`).resolves.toBe(2);
  });

  it('ends with its transaction', async () => {
    const { sql } = await bench.db.transaction(async (tx) => tx);
    await expect(failureOf(sql.query('select 1'))).resolves.toMatchObject({ kind: 'closed' });
  });

  it('streams what the transaction sees, and refuses what is begun beside it before the end of the loop', async () => {
    await bench.db.transaction(async (tx) => {
      await tx.marketData.upsertCandles(Array.from({ length: 500 }, (_, minute) => candle(minute)));
      let rows = 0;
      for await (const _ of tx.sql.stream('select * from market_data where symbol = ?', [SERIES.symbol], {
        batchSize: 3,
      })) {
        rows += 1;
        if (rows === 1) {
          await expect(failureOf(tx.bots.add(bot()))).resolves.toMatchObject({
            kind: 'invalid-input',
            message: expect.stringContaining('leave it first'),
          });
        }
      }
      expect(rows).toBe(500);
      for await (const _ of tx.sql.stream('select * from market_data', [], { batchSize: 3 })) {
        break;
      }
      await tx.bots.add(bot());
    });
    await expect(bench.db.sql.scalar`select count(*) from bots`).resolves.toBe(1);
  });

  it('is not held up by a loop that its function left running', async () => {
    await bench.db.transaction(async (tx) => {
      await tx.marketData.upsertCandles(Array.from({ length: 500 }, (_, minute) => candle(minute)));
      const rows = tx.sql.stream('select * from market_data', [], { batchSize: 3 });
      await rows.next();
    });
    await expect(bench.db.marketData.countCandles()).resolves.toBe(500);
  });
});
