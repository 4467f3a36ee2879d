import { afterAll, beforeAll, beforeEach, describe } from '@jest/globals';
import { DatabaseOperations, type DatabaseOptions } from '../../src/index.ts';
import { type FreshDatabase, freshDatabase } from './fresh-database.ts';
import { type Database, testDatabases } from './servers/index.ts';

const TABLES = ['market_data', 'raw_trades', 'bots'];

/** What the tests of one database work with. */
export interface Bench {
  readonly dialect: Database;
  /** The instance under test, migrated; its tables are empty at the start of each test. */
  readonly db: DatabaseOperations;
  readonly database: FreshDatabase;
  /** A further instance on the same database; closed after the file's tests. */
  instance(options?: DatabaseOptions): DatabaseOperations;
}

/**
 * Describes behaviours once and runs them on every database of the run: on a database of the file's own,
 * migrated once. A connection that is left open at the end fails the file.
 *
 * @example
 * onEveryDatabase('candles', (bench) => {
 *   it('keeps a stored candle', async () => { await bench.db.marketData.upsertCandle(candle()); });
 * });
 */
export function onEveryDatabase(name: string, behaviours: (bench: Bench) => void, options: DatabaseOptions = {}): void {
  describe.each(testDatabases())(`${name} on %s`, (dialect) => {
    const bench = { dialect } as { -readonly [K in keyof Bench]: Bench[K] };
    const opened: DatabaseOperations[] = [];

    beforeAll(async () => {
      bench.database = await freshDatabase(dialect);
      bench.instance = (more = {}) => {
        const db = new DatabaseOperations({ url: bench.database.url, ...options, ...more });
        opened.push(db);
        return db;
      };
      bench.db = bench.instance();
      await bench.db.migrations.up();
    });

    beforeEach(async () => {
      for (const table of TABLES) {
        await bench.database.sql(`delete from ${table}`);
      }
    });

    afterAll(async () => {
      await Promise.all(opened.map((db) => db.close()));
      await bench.database.remove();
    });

    behaviours(bench);
  });
}
