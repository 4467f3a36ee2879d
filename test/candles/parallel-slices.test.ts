import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { CandleInput, DatabaseOperations } from '../../src/index.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { candle, SERIES } from '../support/samples.ts';
import { shuffled } from '../support/shuffled.ts';

const candles = (count: number, changes: Partial<CandleInput> = {}): CandleInput[] =>
  Array.from({ length: count }, (_, minute) => candle(minute, changes));

/** Looks at the pool until some work is done: the most connections that were in use, and callers that waited. */
async function watch(db: DatabaseOperations, work: Promise<unknown>): Promise<{ inUse: number; waiting: number }> {
  const most = { inUse: 0, waiting: 0 };
  let done = false;
  const ended = work.finally(() => {
    done = true;
  });
  while (!done) {
    const { size, free, pending } = db.pool;
    most.inUse = Math.max(most.inUse, size - free);
    most.waiting = Math.max(most.waiting, pending);
    await turn();
  }
  await ended;
  return most;
}

/** Does some work while a transaction has a connection. */
async function besideTransaction<T>(db: DatabaseOperations, work: () => Promise<T>): Promise<T> {
  return db.transaction(async (tx) => {
    await tx.marketData.countCandles();
    return work();
  });
}

/** Opens so many connections, so that nobody has to wait for one to be opened. */
async function warmUp(db: DatabaseOperations, connections: number): Promise<void> {
  for (let look = 0; look < 10 && db.pool.size < connections; look += 1) {
    await Promise.all(Array.from({ length: connections }, () => db.marketData.countCandles()));
  }
}

onEveryDatabase('the slices of a batch', (bench) => {
  // SQLite has one connection, which works while nobody can look
  const expectInUse = (seen: number, expected: number): void =>
    bench.dialect === 'sqlite' ? expect(seen).toBeLessThanOrEqual(1) : expect(seen).toBe(expected);

  it('are stored one after another where there is one connection', async () => {
    const db = bench.instance({ pool: { max: 1 } });
    await warmUp(db, 1);
    const writing = db.marketData.upsertCandles(candles(5_000));
    const { inUse, waiting } = await watch(db, writing);
    expectInUse(inUse, 1);
    expect(waiting).toBe(0);
    await expect(writing).resolves.toEqual({ inserted: 5_000, updated: 0, unchanged: 0, rejected: [] });
  });

  it('are stored side by side, but never more than four of them', async () => {
    const db = bench.instance({ pool: { max: 10 } });
    await warmUp(db, 6);
    const writing = db.marketData.upsertCandles(candles(8_000), { forceUpdate: true });
    const { inUse } = await watch(db, writing);
    expectInUse(inUse, 4);
    await expect(writing).resolves.toMatchObject({ inserted: 8_000 });
  });

  it('take no more connections than are free', async () => {
    // on a busy machine a connection may be idle for so long that it is checked, and a caller waits for that
    const db = bench.instance({ pool: { max: 3, preConnectCheck: false } });
    await warmUp(db, 3);
    const writeAndWatch = async (): Promise<{ inUse: number; waiting: number }> => {
      const writing = db.marketData.upsertCandles(candles(8_000));
      const seen = await watch(db, writing);
      await expect(writing).resolves.toMatchObject({ inserted: 8_000 });
      return seen;
    };
    const { inUse, waiting } =
      bench.dialect === 'sqlite' ? await writeAndWatch() : await besideTransaction(db, writeAndWatch);
    expectInUse(inUse, 3);
    expect(waiting).toBe(0);
  });

  it('let others have a connection in their turn', async () => {
    // without files, which are few and large
    const db = bench.instance({ pool: { max: 2 }, bulkLoad: false });
    await warmUp(db, 2);
    const ends: string[] = [];
    const batch = db.marketData.upsertCandles(candles(8_000)).then(() => ends.push('batch'));
    // the batch has both connections by now
    await turn();
    const reader = db.marketData.countCandles().then(() => ends.push('reader'));
    await Promise.all([batch, reader]);
    expect(ends).toEqual(
      bench.dialect === 'sqlite' ? expect.arrayContaining(['batch', 'reader']) : ['reader', 'batch'],
    );
  });

  it('are all stored where two instances write the same candles in another order', async () => {
    const mine = candles(5_000, { volume: '1' });
    const theirs = candles(5_000, { volume: '2' });
    const all = [
      { db: bench.instance(), batch: shuffled(mine, 1), forceUpdate: true },
      { db: bench.instance(), batch: shuffled(theirs, 2), forceUpdate: 'unless-closed' },
    ] as const;
    const results = await Promise.all(
      all.map(({ db, batch, forceUpdate }) => db.marketData.upsertCandles(batch, { forceUpdate })),
    );
    for (const { inserted, updated, unchanged, rejected } of results) {
      expect([inserted + updated + unchanged, rejected]).toEqual([5_000, []]);
    }
    const [first, second] = results;
    expect((first?.inserted ?? 0) + (second?.inserted ?? 0)).toBe(5_000);
    expect((first?.updated ?? 0) + (second?.updated ?? 0)).toBe(5_000);
    await expect(bench.db.marketData.countCandles(SERIES)).resolves.toBe(5_000);
  });
});
