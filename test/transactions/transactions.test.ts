import { describe, expect, it } from '@jest/globals';
import { DatabaseOperationError, type Transaction, type TransactionOptions } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, bot, candle, point, SERIES } from '../support/samples.ts';
import { NO_ROWS, storedRows } from '../support/stored-rows.ts';

onEveryDatabase('a transaction', (bench) => {
  const writeAll = async (tx: Transaction): Promise<void> => {
    await tx.marketData.upsertCandle(candle());
    await tx.rawTrades.insertMarketDataPoint(point());
    await tx.bots.add(bot());
  };

  it('stores what all its repositories wrote and gives back what its function returns', async () => {
    const result = { any: 'thing' };
    await expect(
      bench.db.transaction(async (tx) => {
        await writeAll(tx);
        return result;
      }),
    ).resolves.toBe(result);
    await expect(storedRows(bench.database)).resolves.toEqual({ marketData: 1, rawTrades: 1, bots: 1 });
  });

  it('sees its own writes, which others see only after its end', async () => {
    const other = bench.instance();
    await bench.db.transaction(async (tx) => {
      await writeAll(tx);
      await expect(tx.marketData.countCandles()).resolves.toBe(1);
      await expect(tx.bots.getByName('grid-1')).resolves.toMatchObject({ version: 1 });
      await expect(other.marketData.countCandles()).resolves.toBe(0);
      await expect(other.bots.list()).resolves.toEqual([]);
    });
    await expect(other.marketData.countCandles()).resolves.toBe(1);
  });

  it('undoes everything when its function throws', async () => {
    const gaveUp = bench.db.transaction(async (tx) => {
      await writeAll(tx);
      throw new Error('changed my mind');
    });
    await expect(gaveUp).rejects.toThrow('changed my mind');
    await expect(storedRows(bench.database)).resolves.toEqual(NO_ROWS);
  });

  it.each<[what: string, thrown: unknown]>([
    ['an error', new TypeError('mine')],
    ['a text', 'mine'],
    ['nothing', undefined],
    ['null', null],
    [
      'what looks like the error of a driver',
      Object.assign(new Error('mine'), { errno: 1213, code: 'ER_LOCK_DEADLOCK' }),
    ],
    [
      'an error of the library that is its own',
      new DatabaseOperationError('mine', { operation: 'mine', kind: 'deadlock' }),
    ],
  ])("lets %s of its function's own out as it is, and does not run again", async (_what, thrown) => {
    let runs = 0;
    const caught = await bench.db
      .transaction(async (tx) => {
        runs += 1;
        await tx.marketData.upsertCandle(candle());
        throw thrown;
      })
      .then(
        () => 'nothing was thrown',
        (error: unknown) => ({ error }),
      );
    expect(caught).toEqual({ error: thrown });
    expect((caught as { error: unknown }).error).toBe(thrown);
    expect(runs).toBe(1);
    await expect(storedRows(bench.database)).resolves.toEqual(NO_ROWS);
  });

  it('lets the failure of an operation out as that operation threw it', async () => {
    let inside: unknown;
    const error = await failureOf(
      bench.db.transaction(async (tx) => {
        await tx.bots.add(bot());
        await tx.bots.add(bot()).catch((failure: unknown) => {
          inside = failure;
          throw failure;
        });
      }),
    );
    expect(error).toBe(inside);
    expect(error).toMatchObject({ kind: 'duplicate', operation: 'bots.add' });
    await expect(storedRows(bench.database)).resolves.toEqual(NO_ROWS);
  });

  it('goes on after a failure that its function handles', async () => {
    await bench.db.transaction(async (tx) => {
      await tx.bots.add(bot());
      await expect(failureOf(tx.bots.add(bot()))).resolves.toMatchObject({ kind: 'duplicate' });
      await expect(failureOf(tx.bots.getById(0))).resolves.toMatchObject({ kind: 'invalid-input' });
      await tx.bots.add(bot({ name: 'grid-2' }));
    });
    await expect(bench.db.bots.list()).resolves.toMatchObject([{ name: 'grid-1' }, { name: 'grid-2' }]);
  });

  it('refuses its repositories after its end', async () => {
    const kept: Transaction[] = [];
    await bench.db.transaction(async (tx) => {
      kept.push(tx);
    });
    await bench.db
      .transaction(async (tx) => {
        kept.push(tx);
        throw new Error('undone');
      })
      .catch(() => undefined);

    expect(kept).toHaveLength(2);
    for (const tx of kept) {
      for (const call of [
        () => tx.marketData.upsertCandle(candle()),
        () => tx.rawTrades.insertMany([point()]),
        () => tx.bots.list(),
        () => tx.transaction(async () => undefined),
      ]) {
        await expect(failureOf(call())).resolves.toMatchObject({ kind: 'closed', attempts: 0 });
      }
    }
    await expect(storedRows(bench.database)).resolves.toEqual(NO_ROWS);
  });

  it('leaves the instance outside of it', async () => {
    // one connection serves the embedded file, so there the instance would wait for the transaction's end
    const other = bench.instance();
    const gaveUp = bench.db.transaction(async (tx) => {
      const seen = await Promise.all([tx.marketData.countCandles(), other.marketData.countCandles()]);
      expect(seen).toEqual([0, 0]);
      await tx.marketData.upsertCandle(candle());
      throw new Error('undone');
    });
    await expect(gaveUp).rejects.toThrow('undone');
    await expect(other.marketData.upsertCandle(candle())).resolves.toBe('inserted');
  });

  it('undoes an atomic batch alone, and stores one that goes well with the rest', async () => {
    await bench.db.transaction(async (tx) => {
      await tx.marketData.upsertCandle(candle(0));
      const faulty = [candle(1), candle(2, { symbol: '' })];
      await failureOf(tx.marketData.upsertCandles(faulty, { atomic: true }));
      const good = Array.from({ length: 1_500 }, (_, minute) => candle(minute));
      await expect(tx.marketData.upsertCandles(good, { atomic: true })).resolves.toMatchObject({
        inserted: 1_499,
        unchanged: 1,
      });
    });
    await expect(bench.db.marketData.countCandles(SERIES)).resolves.toBe(1_500);
  });

  it('undoes an atomic batch with the rest when it throws afterwards', async () => {
    const gaveUp = bench.db.transaction(async (tx) => {
      await tx.marketData.upsertCandles([candle(0), candle(1)], { atomic: true });
      throw new Error('undone');
    });
    await expect(gaveUp).rejects.toThrow('undone');
    await expect(storedRows(bench.database)).resolves.toEqual(NO_ROWS);
  });

  it('takes operations at the same time, and stores them all', async () => {
    await bench.db.transaction(async (tx) => {
      await Promise.all(Array.from({ length: 30 }, (_, minute) => tx.marketData.upsertCandle(candle(minute))));
      await Promise.all(['a', 'b', 'c'].map((name) => tx.bots.add(bot({ name }))));
    });
    await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 30, bots: 3 });
  });

  it('refuses every change of a bot when it is read-only, also one that would change nothing', async () => {
    const { id, status } = await bench.db.bots.add(bot());
    const changes: ((tx: Transaction) => Promise<unknown>)[] = [
      (tx) => tx.bots.modify(id, () => null),
      (tx) => tx.bots.modify(id, () => ({ status })),
      (tx) => tx.bots.update(id, { status }),
      (tx) => tx.bots.modify(id + 1, () => null),
    ];
    for (const change of changes) {
      const failure = failureOf(bench.db.transaction(change, { readOnly: true }));
      await expect(failure).resolves.toMatchObject({ kind: 'read-only' });
    }
    await expect(bench.db.bots.modify(id, () => null)).resolves.toMatchObject({ id, version: 1 });
  });

  it('guards bots by their version as elsewhere', async () => {
    const { id } = await bench.db.bots.add(bot());
    const error = await failureOf(
      bench.db.transaction(async (tx) => {
        await tx.bots.update(id, { status: 'active' });
        await tx.bots.update(id, { status: 'paused' }, { expectedVersion: 1 });
      }),
    );
    expect(error).toMatchObject({ kind: 'conflict', expectedVersion: 1, actualVersion: 2 });
    await expect(bench.db.bots.getById(id)).resolves.toMatchObject({ status: 'inactive', version: 1 });
  });

  describe('with options', () => {
    it.each<TransactionOptions>([
      { isolationLevel: 'read uncommitted' },
      { isolationLevel: 'read committed' },
      { isolationLevel: 'repeatable read' },
      { isolationLevel: 'serializable' },
      { isolationLevel: 'serializable', readOnly: false },
      {},
    ])('%j stores what it writes', async (options) => {
      await bench.db.transaction(writeAll, options);
      await expect(storedRows(bench.database)).resolves.toEqual({ marketData: 1, rawTrades: 1, bots: 1 });
    });

    it.each<[what: string, write: (tx: Transaction) => Promise<unknown>]>([
      ['a candle', (tx) => tx.marketData.upsertCandle(candle(1))],
      ['an atomic batch', (tx) => tx.marketData.upsertCandles([candle(1)], { atomic: true })],
      ['a deletion', (tx) => tx.marketData.deleteCandles({ ...SERIES, ...ALWAYS })],
      ['a raw trade', (tx) => tx.rawTrades.insertMarketDataPoint(point(1))],
      ['a bot', (tx) => tx.bots.add(bot({ name: 'other' }))],
      ['a savepoint that writes', (tx) => tx.transaction((inner) => inner.marketData.upsertCandle(candle(1)))],
    ])('refuses %s by kind when it is read-only, and reads', async (_what, write) => {
      await bench.db.transaction(writeAll);
      await bench.db.transaction(
        async (tx) => {
          await expect(failureOf(write(tx))).resolves.toMatchObject({ kind: 'read-only', retryable: false });
          await expect(tx.marketData.countCandles()).resolves.toBe(1);
        },
        { readOnly: true },
      );
      // the next user of the connection may write again
      await expect(bench.db.marketData.upsertCandle(candle(2))).resolves.toBe('inserted');
      await expect(storedRows(bench.database)).resolves.toEqual({ marketData: 2, rawTrades: 1, bots: 1 });
    });

    it('reads one state of things throughout, where that is asked for', async () => {
      const other = bench.instance();
      await bench.db.transaction(
        async (tx) => {
          await expect(tx.marketData.countCandles()).resolves.toBe(0);
          await other.marketData.upsertCandle(candle());
          await expect(tx.marketData.countCandles()).resolves.toBe(0);
        },
        { isolationLevel: 'repeatable read', readOnly: true },
      );
      await expect(bench.db.marketData.countCandles()).resolves.toBe(1);
    });
  });
});
