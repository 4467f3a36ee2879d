import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { bot } from '../support/samples.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';

const STATEMENTS = ['xa start', 'insert into', 'xa end', 'xa prepare', 'xa commit', 'xa rollback', 'xa recover'];
const RESETS = ['cutAfter', 'cutWithin', 'halveAnswer', 'holdBack'] as const;
const ROUNDS = process.env['TEST_GENERATED'] === 'full' ? 6 : 1;

onEveryServer('a branch whose connection is reset, on a real', (dialect) => {
  let server: OwnServer;
  let database: FreshDatabase;
  let proxy: FaultProxy;
  let db: DatabaseOperations;
  let plain: DatabaseOperations;

  beforeAll(async () => {
    // what is prepared is listed for the whole server
    server = await startServer(dialect);
    database = await freshOn(server.url, dialect);
    proxy = await openFaultProxy(server.url);
    plain = new DatabaseOperations({ url: database.url });
    await plain.migrations.up();
    const retry = { outage: { baseDelayMs: 1, maxDelayMs: 20 } };
    db = new DatabaseOperations({ url: proxy.through(database.url), connectTimeoutMs: 1_000, retry });
    await db.connect();
  }, startServerTimeoutMs);

  afterAll(async () => {
    proxy.heal();
    await Promise.all([db.close({ force: true }), plain.close()]);
    await proxy.close();
    await server.stop();
  });

  const twoBots = (name: string) =>
    db.twoPhase(name, async (tx) => {
      await tx.bots.add(bot({ name: `${name}-a` }));
      await tx.bots.add(bot({ name: `${name}-b` }));
    });

  /** Does work while a connection is reset at some moment. */
  const resetMeanwhile = async (work: () => Promise<void>): Promise<void> => {
    const timer = setTimeout(() => proxy.resetAll(), 12 * Math.random());
    await work();
    clearTimeout(timer);
  };

  it('is stored whole where its commit is acknowledged, never by half, and none is left after recover()', async () => {
    const committed = new Set<string>();
    const rolledBack = new Set<string>();
    let branches = 0;
    /** Prepares a branch and finishes it; where that fails, recover() finishes it. */
    const finish = async (verb: 'commit' | 'rollback', recovers = false): Promise<void> => {
      branches += 1;
      const name = `b${branches}`;
      const finished = verb === 'commit' ? committed : rolledBack;
      try {
        const prepared = await twoBots(name).prepare();
        if (recovers) {
          await db.twoPhase.recover();
        }
        await prepared[verb]();
        finished.add(name);
      } catch {
        // what becomes of it, recover() says
      }
    };
    /** Every other one that is left is committed. */
    const finishWhatIsLeft = async (): Promise<void> => {
      for (const left of await db.twoPhase.recover()) {
        const verb = branches % 2 === 0 ? 'commit' : 'rollback';
        await left[verb]();
        (verb === 'commit' ? committed : rolledBack).add(left.xid.gtrid);
      }
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const statement of STATEMENTS) {
        const verb = statement === 'xa rollback' ? 'rollback' : 'commit';
        for (const reset of RESETS) {
          const passOn = proxy[reset](statement);
          await finish(verb, statement === 'xa recover');
          passOn?.();
          proxy.heal();
          await finishWhatIsLeft();
        }
        await resetMeanwhile(() => finish(verb));
        await resetMeanwhile(finishWhatIsLeft);
        await finishWhatIsLeft();
      }
    }
    await expect(plain.twoPhase.recover()).resolves.toEqual([]);
    const stored = new Set((await plain.bots.list()).map(({ name }) => name));
    const whole = new Set<string>();
    for (const name of stored) {
      const branch = name.slice(0, -2);
      expect([`${branch}-a`, `${branch}-b`].filter((one) => !stored.has(one))).toEqual([]);
      whole.add(branch);
    }
    expect([...committed].filter((name) => !whole.has(name))).toEqual([]);
    expect([...rolledBack].filter((name) => whole.has(name))).toEqual([]);
    expect(committed.size).toBeGreaterThan(branches / 2);
    // the resets did happen
    expect(proxy.connections).toBeGreaterThan(branches);
  }, 240_000);
});
