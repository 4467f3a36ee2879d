import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { testDatabases } from '../support/servers/index.ts';
import { NO_ROWS, storedRows } from '../support/stored-rows.ts';
import { runProcess } from './child-process.ts';
import { byForm, seed } from './run-settings.ts';

const COUNT = byForm({ whole: 10_000, short: 300 });

/** What the process says in the end. */
interface Report {
  readonly tried: Readonly<Record<string, { readonly given: number; readonly refused: number }>>;
  readonly methods: readonly string[];
  readonly alive: boolean;
  readonly pending: number;
  readonly inUse: number;
}

describe.each(testDatabases())('invalid inputs on %s', (dialect) => {
  let database: FreshDatabase;

  beforeAll(async () => {
    database = await freshDatabase(dialect);
  });

  afterAll(() => database.remove());

  it(`are refused, ${COUNT} by every public method, with nothing written and the process alive`, async () => {
    const report = await runProcess<Report>('invalid-inputs-process.ts', [database.url, String(seed), String(COUNT)]);
    const names = Object.keys(report.tried);
    expect([...new Set(names.map((name) => name.split(',')[0]))].sort()).toEqual(report.methods);
    expect(names.filter((name) => (report.tried[name]?.refused ?? 0) < COUNT)).toEqual([]);
    expect(report).toMatchObject({ alive: true, pending: 0, inUse: 0 });
    await expect(storedRows(database)).resolves.toEqual(NO_ROWS);
  });
});
