import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isConfigurationError } from '../../src/index.ts';
import { generatedRuns } from '../support/arbitraries.ts';
import { callWithGarbage, GARBAGE_CALLS, garbageOptions } from '../support/garbage.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { publicMethods } from '../support/public-methods.ts';
import { NO_ROWS, storedRows } from '../support/stored-rows.ts';

const RUNS = generatedRuns(1_000);

onEveryDatabase('whatever comes in', (bench) => {
  it.each(GARBAGE_CALLS)('is refused by $name as invalid input, or does no harm', async (call) => {
    const refused = await callWithGarbage({ db: bench.db, url: bench.database.url }, call, RUNS);
    expect(refused).toBeGreaterThan(0);
    await expect(storedRows(bench.database)).resolves.toEqual(NO_ROWS);
    await expect(bench.db.healthCheck()).resolves.toBe(true);
  });

  it('is tried on every public method that takes something', () => {
    const tried = new Set(GARBAGE_CALLS.map(({ name }) => name.split(',')[0]));
    expect([...tried].sort()).toEqual(publicMethods(bench.db, { withInput: true }));
  });

  it('is refused as a setting by the kind of a configuration, or makes an instance that opens nothing', async () => {
    await fc.assert(
      fc.asyncProperty(garbageOptions(bench.database.url), async (options) => {
        try {
          const db = bench.instance(options as object);
          expect(db.pool.size).toBe(0);
        } catch (error) {
          if (!isConfigurationError(error)) {
            throw error;
          }
        }
      }),
      RUNS,
    );
  });
});
