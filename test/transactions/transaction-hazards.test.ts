import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DatabaseOperations, type Transaction } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { ALWAYS, bot, candle, MINUTE, NEW_YEAR, SERIES } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';

const minutesOf = async (db: DatabaseOperations): Promise<number[]> =>
  (await db.marketData.getCandles({ ...SERIES, ...ALWAYS })).map(
    ({ startTime }) => (startTime.getTime() - NEW_YEAR) / MINUTE,
  );

onEveryDatabase('a transaction', (bench) => {
  it('waits for a savepoint that was left running, which then cannot undo the work of another', async () => {
    const db = bench.instance({ pool: { max: 1 } });
    const left = db.transaction((tx) =>
      Promise.all([
        tx.transaction(async (inner) => {
          await inner.marketData.upsertCandle(candle(1));
          await sleep(60);
          throw new Error('late');
        }),
        sleep(20).then(() => {
          throw new Error('early');
        }),
      ]),
    );
    await expect(left).rejects.toThrow('early');
    await db.transaction(async (tx) => {
      await tx.marketData.upsertCandle(candle(10));
      await tx.transaction(async (inner) => {
        await inner.marketData.upsertCandle(candle(11));
        await sleep(100);
        await inner.marketData.upsertCandle(candle(12));
      });
    });
    await expect(minutesOf(db)).resolves.toEqual([10, 11, 12]);
  });

  it('ends when all is done that was started in it, waited for or not', async () => {
    await bench.db.transaction(async (tx) => {
      const goOn = Promise.withResolvers<void>();
      void tx.transaction(async (inner) => {
        await goOn.promise;
        await inner.marketData.upsertCandle(candle(1));
      });
      // begun while the end waits for the savepoint
      setTimeout(() => {
        void tx.marketData.upsertCandle(candle(2));
        goOn.resolve();
      }, 20);
    });
    await expect(minutesOf(bench.db)).resolves.toEqual([1, 2]);
  });

  it('keeps savepoints that are started side by side apart', async () => {
    await bench.db.transaction((tx) =>
      Promise.allSettled([
        tx.transaction(async (inner) => {
          await inner.marketData.upsertCandle(candle(1));
          await sleep(50);
          throw new Error('mine');
        }),
        tx.transaction(async (inner) => {
          await inner.marketData.upsertCandle(candle(2));
          await sleep(10);
        }),
        tx.marketData.upsertCandles([candle(3), candle(4)], { atomic: true }),
        tx.marketData.upsertCandle(candle(5)),
      ]),
    );
    await expect(minutesOf(bench.db)).resolves.toEqual([2, 3, 4, 5]);
  });

  it('takes its outer repositories inside a savepoint for those of the savepoint, and does not wait for ever', async () => {
    await bench.db.transaction(async (tx) => {
      await tx.marketData.upsertCandle(candle(1));
      const inner = tx.transaction(async () => {
        await tx.marketData.upsertCandle(candle(2));
        await tx.transaction(async () => tx.marketData.upsertCandle(candle(3)));
        throw new Error('undone');
      });
      await expect(inner).rejects.toThrow('undone');
      await tx.marketData.upsertCandle(candle(4));
    });
    await expect(minutesOf(bench.db)).resolves.toEqual([1, 4]);
  });

  it('is not repeated because something else failed in its function', async () => {
    const elsewhere = new DatabaseOperations({ url: 'mysql://u@127.0.0.1:1/n', retry: { outage: { attempts: 1 } } });
    let runs = 0;
    const failing = bench.db.transaction(async () => {
      runs += 1;
      await elsewhere.marketData.countCandles();
    });
    await expect(failureOf(failing)).resolves.toMatchObject({
      operation: 'marketData.countCandles',
      kind: 'connection',
    });
    expect(runs).toBe(1);
    await elsewhere.close();
  });

  describe('that changes a bot under an expected version', () => {
    /** Another instance changes the bot after the first part, so that the second part would change nothing. */
    const changed = async (version: (tx: Transaction, id: number) => Promise<number | undefined>) => {
      const { id } = await bench.db.bots.add(bot({ status: 'active' }));
      // the embedded database has one writer: no other can change the row meanwhile
      const other = bench.dialect === 'sqlite' ? undefined : bench.instance();
      let runs = 0;
      const outcome = bench.db.transaction(
        async (tx) => {
          runs += 1;
          const expectedVersion = await version(tx, id);
          await other?.bots.update(id, { status: 'error' });
          return tx.bots.update(id, { status: 'active' }, { expectedVersion });
        },
        { isolationLevel: 'repeatable read' },
      );
      const settled = await outcome.catch((error: unknown) => error);
      return { settled, runs, stored: await bench.db.bots.getById(id) };
    };

    it('compares the one it was given with the row as it is now, even when nothing would change', async () => {
      const { settled, runs, stored } = await changed(async (tx) => {
        // from here on a snapshot shows the bot as it was
        await tx.sql.query('select count(*) from bots');
        return 1;
      });
      expect(runs).toBe(1);
      if (bench.dialect === 'sqlite') {
        expect(stored).toMatchObject({ status: 'active', version: 1 });
      } else {
        expect(settled).toMatchObject({ kind: 'conflict', retryable: false, expectedVersion: 1, actualVersion: 2 });
        expect(stored).toMatchObject({ status: 'error', version: 2 });
      }
    });

    it('is run again where it has read that version itself', async () => {
      const { settled, runs, stored } = await changed(async (tx, id) => (await tx.bots.getById(id))?.version);
      expect(runs).toBe(bench.dialect === 'sqlite' ? 1 : 2);
      expect(settled).toEqual(stored);
      expect(stored).toMatchObject({ status: 'active', version: bench.dialect === 'sqlite' ? 1 : 3 });
    });
  });

  it('is stored although the logger throws', async () => {
    const throwing = (): never => {
      throw new Error('the disk of the log is full');
    };
    const logger = { debug: throwing, info: throwing, warn: throwing, error: throwing };
    const db = bench.instance({ logger, logQueries: true });
    await db.transaction((tx) => tx.marketData.upsertCandle(candle(0)));
    await expect(minutesOf(db)).resolves.toEqual([0]);
  });
});

onEveryServer('a conflict that is found by a', (dialect) => {
  let server: OwnServer;
  let database: FreshDatabase;

  beforeAll(async () => {
    const flags = dialect === 'mariadb' ? ['--innodb-snapshot-isolation=ON'] : [];
    server = await startServer(dialect, { flags });
    database = await freshOn(server.url, dialect);
  }, startServerTimeoutMs);

  afterAll(async () => {
    await database.remove();
    await server.stop();
  });

  /** A transaction that writes to a row which was changed since it was read; how often it ran. */
  async function conflicting(before: (tx: Transaction) => Promise<unknown>): Promise<number> {
    const db = new DatabaseOperations({ url: database.url, autoMigrate: true });
    await db.sql.execute('delete from market_data');
    await db.marketData.upsertCandle(candle(1));
    let runs = 0;
    await db.transaction(
      async (tx) => {
        runs += 1;
        await before(tx);
        await tx.marketData.getCandles({ ...SERIES, ...ALWAYS });
        await tx.marketData.upsertCandle(candle(2));
        if (runs === 1) {
          await db.marketData.upsertCandle(candle(1, { volume: '9' }), true);
        }
        await tx.marketData.upsertCandle(candle(1, { volume: '7' }), true).catch(() => undefined);
        await tx.marketData.upsertCandle(candle(3));
      },
      { isolationLevel: 'repeatable read' },
    );
    await expect(minutesOf(db)).resolves.toEqual([1, 2, 3]);
    await expect(db.marketData.getLatestCandle(SERIES)).resolves.not.toBeNull();
    await db.close();
    return runs;
  }

  it('is none of ours by default: a write goes to the row as it is now, whatever the server is set to', async () => {
    expect(await conflicting(async () => undefined)).toBe(1);
  });

  it('has the transaction run again as a whole, also where the function swallows it', async () => {
    // MariaDB finds the conflict and undoes the transaction where the session asks for it; MySQL has no such means
    const asking = dialect === 'mariadb' ? 'set innodb_snapshot_isolation = 1' : 'set @nothing = 1';
    expect(await conflicting((tx) => tx.sql.execute(asking))).toBe(dialect === 'mariadb' ? 2 : 1);
  });
});
