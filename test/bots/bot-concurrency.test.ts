import { describe, expect, it } from '@jest/globals';
import {
  type ConflictError,
  type DatabaseOperations,
  isConflictError,
  isDuplicateError,
  isInvalidInputError,
  type StoredBot,
  type Transaction,
  type TransactionOptions,
} from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot } from '../support/samples.ts';

const TEN = Array.from({ length: 10 }, (_, index) => index);
const LEVELS: readonly TransactionOptions['isolationLevel'][] = [
  undefined,
  'read uncommitted',
  'read committed',
  'repeatable read',
  'serializable',
];

const balanceOf = async (db: DatabaseOperations, id: number): Promise<string | undefined> =>
  (await db.bots.getById(id))?.currentBalance;
const oneMore = ({ currentBalance }: StoredBot) => ({ currentBalance: String(Number(currentBalance) + 1) });
const read = async ({ bots }: Pick<Transaction, 'bots'>, id: number): Promise<StoredBot> =>
  (await bots.getById(id)) as StoredBot;

onEveryDatabase('bots that several change at once', (bench) => {
  /** Two instances, as two processes would have. */
  const instances = (): readonly DatabaseOperations[] => [bench.db, bench.instance()];

  describe('outside a transaction', () => {
    it('loses no change of a bot as it was read, unless it says so', async () => {
      const { id } = await bench.db.bots.add(bot({ currentBalance: '0' }));
      const all = instances();
      const outcomes = await Promise.allSettled(
        TEN.map(async (n) => {
          const db = all[n % all.length] as DatabaseOperations;
          const before = await read(db, id);
          return db.bots.update(before, oneMore(before));
        }),
      );
      const done = outcomes.filter(({ status }) => status === 'fulfilled').length;
      const told = outcomes.filter((outcome) => outcome.status === 'rejected' && isConflictError(outcome.reason));
      expect(done).toBeGreaterThan(0);
      expect(done + told.length).toBe(TEN.length);
      await expect(balanceOf(bench.db, id)).resolves.toBe(String(done));
    });

    it('refuses a bot that was changed since it was read, and names both versions', async () => {
      const before = await bench.db.bots.add(bot());
      const after = await bench.db.bots.update(before.id, { status: 'active' });
      const error = await failureOf(bench.db.bots.update(before, { currentBalance: '1' }));
      expect(isConflictError(error)).toBe(true);
      expect(error).toMatchObject({ operation: 'bots.update', retryable: false, attempts: 1 });
      const { expectedVersion, actualVersion } = error as ConflictError;
      expect([expectedVersion, actualVersion]).toEqual([1, 2]);
      await expect(bench.db.bots.getById(before.id)).resolves.toEqual(after);
    });

    it('takes what an update gives for what was read', async () => {
      let last: StoredBot | null = await bench.db.bots.add(bot());
      for (const status of ['active', 'paused', 'error'] as const) {
        last = await bench.db.bots.update(last as StoredBot, { status });
      }
      expect(last).toMatchObject({ status: 'error', version: 4 });
    });

    it('writes over what others wrote by the id alone, field by field', async () => {
      const before = await bench.db.bots.add(bot());
      await bench.db.bots.update(before.id, { currentBalance: '7' });
      await bench.db.bots.update(before.id, { status: 'active' });
      await expect(bench.db.bots.getById(before.id)).resolves.toMatchObject({ currentBalance: '7', status: 'active' });
    });

    it('is null for a bot that is gone', async () => {
      const before = await bench.db.bots.add(bot());
      await bench.db.bots.delete(before.id);
      await expect(bench.db.bots.update(before, { status: 'active' })).resolves.toBeNull();
    });
  });

  describe.each(LEVELS)('in transactions of isolation %s', (isolationLevel) => {
    it('adds up what ten read and write by the id', async () => {
      const { id } = await bench.db.bots.add(bot({ currentBalance: '0' }));
      const all = instances();
      await Promise.all(
        TEN.map((n) =>
          (all[n % all.length] as DatabaseOperations).transaction(
            async (tx) => {
              await tx.bots.update(id, oneMore(await read(tx, id)));
            },
            { isolationLevel },
          ),
        ),
      );
      await expect(balanceOf(bench.db, id)).resolves.toBe('10');
    });

    it('adds up what ten modify, and what ten adjust', async () => {
      const { id } = await bench.db.bots.add(bot({ currentBalance: '0' }));
      const all = instances();
      await Promise.all(
        TEN.map((n) =>
          (all[n % all.length] as DatabaseOperations).transaction(
            async (tx) => {
              await tx.bots.modify(id, oneMore);
              await tx.bots.adjustBalance(id, 100);
            },
            { isolationLevel },
          ),
        ),
      );
      await expect(balanceOf(bench.db, id)).resolves.toBe('1010');
    });
  });

  describe('in a transaction', () => {
    /** Runs a transaction beside which another instance changes the bot, between the two parts, the first time. */
    const interrupted = async (
      first: (tx: Transaction, id: number) => Promise<unknown>,
      then: (tx: Transaction, id: number) => Promise<unknown>,
      options: TransactionOptions = {},
    ) => {
      const { id } = await bench.db.bots.add(bot({ status: 'active', currentBalance: '0' }));
      const other = bench.instance();
      let runs = 0;
      const outcome = await bench.db
        .transaction(
          async (tx) => {
            runs += 1;
            await first(tx, id);
            if (runs === 1 && bench.dialect !== 'sqlite') {
              await other.bots.adjustBalance(id, 5);
            }
            await then(tx, id);
          },
          { isolationLevel: 'read committed', ...options },
        )
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      return { id, runs, outcome, stored: await bench.db.bots.getById(id) };
    };
    // one file has one writer: who begins a transaction there keeps the others out of it
    const withAnother = (): number => (bench.dialect === 'sqlite' ? 1 : 2);

    it.each<[how: string, (tx: Transaction, id: number) => Promise<unknown>]>([
      ['getById', ({ bots }, id) => bots.getById(id)],
      ['getByName', ({ bots }) => bots.getByName('grid-1')],
      ['list', ({ bots }) => bots.list()],
      ['findStale', ({ bots }) => bots.findStale(0)],
      ['getById in a savepoint', (tx, id) => tx.transaction((inner) => inner.bots.getById(id))],
      ['getById in a savepoint that is undone', (tx, id) => undone(tx, (inner) => inner.bots.getById(id))],
    ])('is run again where what it read by %s was changed', async (_how, reading) => {
      const { runs, stored } = await interrupted(reading, ({ bots }, id) => bots.update(id, { currentBalance: '1' }));
      expect(runs).toBe(withAnother());
      expect(stored?.currentBalance).toBe('1');
    });

    it.each<[how: string, (tx: Transaction, id: number) => Promise<unknown>]>([
      ['modifies it', ({ bots }, id) => bots.modify(id, () => ({ symbol: 'ETH-USDT' }))],
      ['deletes it', ({ bots }, id) => bots.delete(id)],
      [
        'adjusts and updates it',
        async ({ bots }, id) => [await bots.adjustBalance(id, 1), await bots.update(id, { symbol: 'A' })],
      ],
      ['swallows the conflict', ({ bots }, id) => bots.update(id, { symbol: 'B' }).catch(() => undefined)],
      ['updates it in a savepoint', (tx, id) => tx.transaction((inner) => inner.bots.update(id, { symbol: 'C' }))],
    ])('is run again where it read the bot, another caller changed it, and it %s', async (_what, writing) => {
      const { runs, outcome } = await interrupted(({ bots }, id) => bots.getById(id), writing);
      expect(outcome).toBeUndefined();
      expect(runs).toBe(withAnother());
    });

    it('keeps to the first of two reads', async () => {
      const { runs } = await interrupted(
        ({ bots }, id) => bots.getById(id),
        async ({ bots }, id) => [await bots.list(), await bots.update(id, { symbol: 'A' })],
      );
      expect(runs).toBe(withAnother());
    });

    it('is not run again where it has read nothing', async () => {
      const { runs, stored } = await interrupted(
        async () => undefined,
        ({ bots }, id) => bots.update(id, { symbol: 'A' }),
      );
      expect(runs).toBe(1);
      expect(stored).toMatchObject({ symbol: 'A', currentBalance: bench.dialect === 'sqlite' ? '0' : '5' });
    });

    it('reports the conflict where it may not be run again', async () => {
      const { runs, outcome } = await interrupted(
        ({ bots }, id) => bots.getById(id),
        ({ bots }, id) => bots.update(id, { currentBalance: '1' }, { expectedVersion: 1 }),
        { retries: 0 },
      );
      expect(runs).toBe(1);
      if (bench.dialect === 'sqlite') {
        expect(outcome).toBeUndefined();
      } else {
        expect(isConflictError(outcome)).toBe(true);
        expect(outcome).toMatchObject({
          operation: 'bots.update',
          retryable: true,
          expectedVersion: 1,
          actualVersion: 2,
        });
      }
    });

    it('reports a conflict with what was read before it at once, and may go on', async () => {
      const before = await bench.db.bots.add(bot());
      await bench.db.bots.update(before.id, { status: 'active' });
      let runs = 0;
      await bench.db.transaction(async (tx) => {
        runs += 1;
        const error = await failureOf(tx.bots.update(before, { status: 'paused' }));
        expect(isConflictError(error)).toBe(true);
        await tx.bots.update(before.id, { symbol: 'ETH-USDT' });
      });
      expect(runs).toBe(1);
      await expect(bench.db.bots.getById(before.id)).resolves.toMatchObject({ status: 'active', symbol: 'ETH-USDT' });
    });

    it('is not run again for a version that it was given, though it has read the bot itself', async () => {
      const { id } = await bench.db.bots.add(bot());
      let runs = 0;
      const failing = bench.db.transaction(async (tx) => {
        runs += 1;
        await read(tx, id);
        await tx.bots.update(id, { status: 'active' }, { expectedVersion: 7 });
      });
      await expect(failureOf(failing)).resolves.toMatchObject({
        kind: 'conflict',
        retryable: false,
        expectedVersion: 7,
      });
      expect(runs).toBe(1);
    });

    it('goes on from what it wrote itself, and from what a savepoint undid', async () => {
      const { id } = await bench.db.bots.add(bot({ currentBalance: '0' }));
      let runs = 0;
      await bench.db.transaction(async (tx) => {
        runs += 1;
        const added = await tx.bots.add(bot({ name: 'inner' }));
        await tx.bots.update(added, { status: 'active' });
        await tx.bots.getById(id);
        await tx.bots.update(id, { currentBalance: '1' });
        await tx.bots.adjustBalance(id, 1);
        // by the outer transaction's repository too
        await undone(tx, (inner) => Promise.all([inner.bots.adjustBalance(id, 50), tx.bots.modify(id, oneMore)]));
        await tx.bots.modify(id, oneMore);
        const last = await read(tx, id);
        await tx.bots.update(last, oneMore(last));
        await tx.bots.delete(added.id);
      });
      expect(runs).toBe(1);
      await expect(bench.db.bots.getById(id)).resolves.toMatchObject({ currentBalance: '4', version: 5 });
      await expect(bench.db.bots.getByName('inner')).resolves.toBeNull();
    });
  });

  describe('modify', () => {
    it('loses none of ten changes of several instances', async () => {
      const { id } = await bench.db.bots.add(bot({ currentBalance: '0' }));
      const all = instances();
      await Promise.all(TEN.map((n) => (all[n % all.length] as DatabaseOperations).bots.modify(id, oneMore)));
      await expect(bench.db.bots.getById(id)).resolves.toMatchObject({ currentBalance: '10', version: 11 });
    });

    it('hands out the bot and gives it as it is stored then', async () => {
      const before = await bench.db.bots.add(bot({ config: { grids: 3 } }));
      const after = await bench.db.bots.modify<{ grids: number }>(before.id, (given) => {
        expect(given).toEqual(before);
        return { config: { grids: (given.config?.grids ?? 0) + 1 } };
      });
      expect(after).toEqual({ ...before, config: { grids: 4 }, version: 2, updatedAt: expect.any(Date) });
      await expect(bench.db.bots.getById(before.id)).resolves.toEqual(after);
    });

    it.each([null, undefined])('changes nothing for %s', async (nothing) => {
      const before = await bench.db.bots.add(bot());
      await expect(bench.db.bots.modify(before.id, () => nothing)).resolves.toEqual(before);
      await expect(bench.db.bots.getById(before.id)).resolves.toEqual(before);
    });

    it('is null for no bot, and sends nothing', async () => {
      await expect(
        bench.db.bots.modify(4_294_967_295, () => {
          throw new Error('asked');
        }),
      ).resolves.toBeNull();
    });

    it('throws what the function throws, as it is, and changes nothing', async () => {
      const before = await bench.db.bots.add(bot());
      const own = new RangeError('mine');
      const failing = (): never => {
        throw own;
      };
      await expect(bench.db.bots.modify(before.id, failing)).rejects.toBe(own);
      await expect(bench.db.transaction((tx) => tx.bots.modify(before.id, failing))).rejects.toBe(own);
      await expect(bench.db.bots.getById(before.id)).resolves.toEqual(before);
    });

    it.each<[what: string, changes: unknown, path: string]>([
      ['a promise', Promise.resolve({ status: 'active' }), ''],
      ['no field', {}, ''],
      ['a faulty field', { status: 'asleep' }, 'status'],
      ['text', 'active', ''],
    ])('refuses %s by name and changes nothing', async (_what, changes, path) => {
      const before = await bench.db.bots.add(bot());
      const error = await failureOf(bench.db.bots.modify(before.id, () => changes as never));
      expect(isInvalidInputError(error)).toBe(true);
      expect(error).toMatchObject({ operation: 'bots.modify', issues: [{ path }] });
      await expect(bench.db.bots.getById(before.id)).resolves.toEqual(before);
    });

    it('refuses what is no function', async () => {
      const error = await failureOf(bench.db.bots.modify(1, { status: 'active' } as never));
      expect(error).toMatchObject({ kind: 'invalid-input', operation: 'bots.modify' });
      expect(error.message).toContain('a function of the bot');
    });

    it('refuses a new name that is taken', async () => {
      await bench.db.bots.add(bot({ name: 'taken' }));
      const { id } = await bench.db.bots.add(bot());
      expect(isDuplicateError(await failureOf(bench.db.bots.modify(id, () => ({ name: 'taken' }))))).toBe(true);
    });
  });

  describe('adjustBalance', () => {
    it('is exact and loses none of ten at once', async () => {
      const { id } = await bench.db.bots.add(bot({ currentBalance: '0.1' }));
      const all = instances();
      await Promise.all(
        TEN.map((n) => (all[n % all.length] as DatabaseOperations).bots.adjustBalance(id, '0.000000000000000001')),
      );
      await expect(bench.db.bots.getById(id)).resolves.toMatchObject({
        currentBalance: '0.10000000000000001',
        version: 11,
      });
    });

    it.each<[from: string, by: string | number, to: string]>([
      ['0.1', '0.2', '0.3'],
      ['0.1', 0.2, '0.3'],
      ['1', '-1.25', '-0.25'],
      ['-0.25', '0.25', '0'],
      ['5', '-5', '0'],
      ['9007199254740993', '0.000000000000000001', '9007199254740993.000000000000000001'],
      ['999999999999999999', '0.999999999999999999', '999999999999999999.999999999999999999'],
      ['-999999999999999999.999999999999999999', '0.000000000000000001', '-999999999999999999.999999999999999998'],
      ['123456789012345678.123456789012345678', '-123456789012345678.123456789012345677', '0.000000000000000001'],
      ['7', '1e-18', '7.000000000000000001'],
      ['7', '0', '7'],
    ])('makes %s and %s to %s', async (from, by, to) => {
      const before = await bench.db.bots.add(bot({ currentBalance: from }));
      const after = await bench.db.bots.adjustBalance(before.id, by);
      expect(after).toEqual({ ...before, currentBalance: to, version: 2, updatedAt: expect.any(Date) });
      await expect(bench.db.bots.getById(before.id)).resolves.toEqual(after);
    });

    it.each<[from: string, by: string]>([
      ['999999999999999999.999999999999999999', '0.000000000000000001'],
      ['-999999999999999999.999999999999999999', '-0.000000000000000001'],
      ['900000000000000000', '900000000000000000'],
    ])('refuses to make %s and %s a number that does not fit', async (from, by) => {
      const before = await bench.db.bots.add(bot({ currentBalance: from }));
      const error = await failureOf(bench.db.bots.adjustBalance(before.id, by));
      expect(error).toMatchObject({ kind: 'constraint', operation: 'bots.adjustBalance', attempts: 1 });
      expect(error.message).toContain('currentBalance');
      await bench.db.transaction(async (tx) => {
        await failureOf(tx.bots.adjustBalance(before.id, by));
      });
      await expect(bench.db.bots.getById(before.id)).resolves.toEqual(before);
    });

    it.each(['1,5', '', 'NaN', '1e-19', Number.NaN, null])('refuses %p and changes nothing', async (by) => {
      const before = await bench.db.bots.add(bot());
      const error = await failureOf(bench.db.bots.adjustBalance(before.id, by as string));
      expect(error).toMatchObject({ kind: 'invalid-input', operation: 'bots.adjustBalance' });
      await expect(bench.db.bots.getById(before.id)).resolves.toEqual(before);
    });

    it('makes a bot that was read before it out of date', async () => {
      const before = await bench.db.bots.add(bot());
      await bench.db.bots.adjustBalance(before.id, 1);
      expect(isConflictError(await failureOf(bench.db.bots.update(before, { currentBalance: '0' })))).toBe(true);
    });

    it('is null where there is no such bot', async () => {
      await expect(bench.db.bots.adjustBalance(4_294_967_295, 1)).resolves.toBeNull();
    });
  });
});

/** A savepoint that is undone after its work. */
async function undone(tx: Transaction, work: (inner: Transaction) => Promise<unknown>): Promise<void> {
  const own = new Error('undone');
  await expect(
    tx.transaction(async (inner) => {
      await work(inner);
      throw own;
    }),
  ).rejects.toBe(own);
}
