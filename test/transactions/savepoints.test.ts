import { expect, it } from '@jest/globals';
import type { Transaction } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot, candle } from '../support/samples.ts';
import { NO_ROWS, storedRows } from '../support/stored-rows.ts';

onEveryDatabase('a transaction inside another', (bench) => {
  const names = async (): Promise<string> => (await bench.db.bots.list()).map(({ name }) => name).join('');
  const add = (tx: Transaction, name: string): Promise<unknown> => tx.bots.add(bot({ name }));

  it('is stored with it, and gives back what its function returns', async () => {
    await bench.db.transaction(async (tx) => {
      await add(tx, 'a');
      await expect(
        tx.transaction(async (inner) => {
          await add(inner, 'b');
          return 42;
        }),
      ).resolves.toBe(42);
      await add(tx, 'c');
    });
    await expect(names()).resolves.toBe('abc');
  });

  it('is undone alone when it throws and the error is caught', async () => {
    const mine = new Error('mine');
    await bench.db.transaction(async (tx) => {
      await add(tx, 'a');
      const caught = await tx
        .transaction(async (inner) => {
          await add(inner, 'b');
          await inner.marketData.upsertCandle(candle());
          throw mine;
        })
        .catch((error: unknown) => error);
      expect(caught).toBe(mine);
      await expect(tx.marketData.countCandles()).resolves.toBe(0);
      await add(tx, 'c');
    });
    await expect(names()).resolves.toBe('ac');
    await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 0 });
  });

  it('takes the outer one with it when the error is not caught, and lets it out as it is', async () => {
    const mine = new Error('mine');
    const outer = bench.db.transaction(async (tx) => {
      await add(tx, 'a');
      await tx.transaction(async () => {
        throw mine;
      });
    });
    await expect(outer).rejects.toBe(mine);
    await expect(storedRows(bench.database)).resolves.toEqual(NO_ROWS);
  });

  it('is undone with the outer one that throws afterwards', async () => {
    const outer = bench.db.transaction(async (tx) => {
      await tx.transaction((inner) => add(inner, 'a'));
      throw new Error('undone');
    });
    await expect(outer).rejects.toThrow('undone');
    await expect(storedRows(bench.database)).resolves.toEqual(NO_ROWS);
  });

  it('may be nested further, each level undone alone', async () => {
    await bench.db.transaction(async (tx) => {
      await add(tx, 'a');
      await tx.transaction(async (second) => {
        await add(second, 'b');
        await second
          .transaction(async (third) => {
            await add(third, 'c');
            throw new Error('undone');
          })
          .catch(() => undefined);
        await add(second, 'd');
      });
    });
    await expect(names()).resolves.toBe('abd');
  });

  it('may follow another one', async () => {
    await bench.db.transaction(async (tx) => {
      for (const name of ['a', 'b', 'c', 'd']) {
        await tx
          .transaction(async (inner) => {
            await add(inner, name);
            if (name === 'b') {
              throw new Error('undone');
            }
          })
          .catch(() => undefined);
      }
    });
    await expect(names()).resolves.toBe('acd');
  });

  it('is undone alone also beside another one at the same time', async () => {
    await bench.db.transaction(async (tx) => {
      const good = tx.transaction(async (inner) => {
        await add(inner, 'a');
        await new Promise((resolve) => setTimeout(resolve, 20));
        await add(inner, 'b');
      });
      const bad = tx.transaction(async (inner) => {
        await add(inner, 'c');
        await new Promise((resolve) => setTimeout(resolve, 5));
        throw new Error('undone');
      });
      await Promise.allSettled([good, bad]);
    });
    await expect(names()).resolves.toBe('ab');
  });

  it('refuses its repositories after its end, while the outer ones go on', async () => {
    await bench.db.transaction(async (tx) => {
      let kept: Transaction | undefined;
      await tx.transaction(async (inner) => {
        kept = inner;
      });
      await expect(failureOf(add(kept as Transaction, 'late'))).resolves.toMatchObject({ kind: 'closed', attempts: 0 });
      await add(tx, 'a');
    });
    await expect(names()).resolves.toBe('a');
  });
});
