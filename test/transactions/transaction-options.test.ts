import { expect, it } from '@jest/globals';
import type { TransactionOptions } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { bot } from '../support/samples.ts';

onEveryDatabase('a transaction', (bench) => {
  it.each([
    ['retries', -1, 'not negative'],
    ['retries', 1.5, 'a whole number'],
    ['retries', '3', 'a whole number'],
    ['signal', {}, 'an AbortSignal'],
  ])('refuses %s of %p', async (path, value, says) => {
    const run = bench.db.transaction(async () => undefined, { [path]: value } as TransactionOptions);
    await expect(failureOf(run)).resolves.toMatchObject({
      kind: 'invalid-input',
      issues: [{ path, expected: expect.stringContaining(says) }],
    });
  });

  it('is undone when it is given up, and throws the reason', async () => {
    const abort = new AbortController();
    const reason = new Error('enough');
    let later: Promise<unknown> | undefined;
    const run = bench.db.transaction(
      async (tx) => {
        await tx.bots.add(bot());
        abort.abort(reason);
        later = tx.bots.add(bot({ name: 'second' }));
        await later.catch(() => undefined);
      },
      { signal: abort.signal },
    );
    await expect(run).rejects.toBe(reason);
    await expect(later).rejects.toBe(reason);
    await expect(bench.db.bots.list()).resolves.toEqual([]);
  });

  it('is not begun when it was given up before', async () => {
    let runs = 0;
    const run = bench.db.transaction(
      async () => {
        runs += 1;
      },
      { signal: AbortSignal.abort() },
    );
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(runs).toBe(0);
  });
});
