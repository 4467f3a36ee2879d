import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { PoolSettings } from '../../src/config/settings.ts';
import type { PhysicalConnection, StatementResult } from '../../src/databases/physical-connection.ts';
import { ConnectionPool } from '../../src/databases/pool/connection-pool.ts';
import type { UnfinishedStatements } from '../../src/databases/pool/connection-source.ts';
import type { QueryOutcome } from '../../src/databases/row-sink.ts';

/** A connection to nothing, which does what a test sets. */
class FakeConnection implements PhysicalConnection {
  usable = true;
  silent = false;
  readonly replaceable: boolean = true;
  readonly number: number;
  /** What became of it, in order. */
  readonly log: string[] = [];
  checking: () => Promise<boolean> = async () => this.usable;
  resetting: () => Promise<void> = async () => undefined;
  closing: () => Promise<void> = async () => undefined;

  constructor(number: number) {
    this.number = number;
  }

  async execute(): Promise<StatementResult> {
    return { rows: [], affected: 0 };
  }
  async read(): Promise<number> {
    return 0;
  }
  async query(): Promise<QueryOutcome> {
    return { rows: 0, affected: 0, insertId: null, warnings: 0, inTransaction: false, quotingIntact: true };
  }
  check(): Promise<boolean> {
    this.log.push('check');
    return this.checking();
  }
  reset(): Promise<void> {
    this.log.push('reset');
    return this.resetting();
  }
  beginStatements(): readonly string[] {
    return [];
  }
  close(): Promise<void> {
    this.usable = false;
    this.log.push('close');
    return this.closing();
  }
  abort(): void {
    this.usable = false;
    this.log.push('abort');
  }
}

const SETTINGS: PoolSettings = {
  min: 0,
  max: 2,
  acquireTimeoutMs: 1_000,
  idleTimeoutMs: 60_000,
  recycleMs: 0,
  preConnectCheck: true,
};
const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

/** A pool of fakes, and all that it ever opened. */
function poolOf(settings: Partial<PoolSettings> = {}, unfinished?: UnfinishedStatements) {
  const opened: FakeConnection[] = [];
  const connections = {
    opened,
    /** What opening one does. */
    open: async (connection: FakeConnection): Promise<FakeConnection> => connection,
  };
  const pool = new ConnectionPool(
    () => {
      const connection = new FakeConnection(opened.length);
      opened.push(connection);
      return connections.open(connection);
    },
    { ...SETTINGS, ...settings },
    unfinished,
  );
  return { pool, connections, opened };
}

/** Lends so many at once. */
const acquireAll = (pool: ConnectionPool, count: number): Promise<FakeConnection[]> =>
  Promise.all(Array.from({ length: count }, () => pool.acquire() as Promise<FakeConnection>));

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a pool that lends', () => {
  it('opens nothing before it is asked, and no more than it may', async () => {
    const { pool, opened } = poolOf({ max: 3 });
    expect(opened).toHaveLength(0);
    const late = acquireAll(pool, 5);
    await letHappen();
    expect(opened).toHaveLength(3);
    expect(pool.state).toEqual({ size: 3, free: 0, pending: 2 });
    for (const connection of opened) {
      pool.release(connection);
    }
    expect((await late).map(({ number }) => number)).toEqual([0, 1, 2, 0, 1]);
  });

  it('makes no timer for who gets a free connection at once', async () => {
    const { pool } = poolOf({ preConnectCheck: false });
    pool.release(await pool.acquire());
    const timers = jest.getTimerCount();
    const lent = await pool.acquire();
    expect(jest.getTimerCount()).toBe(timers);
    pool.release(lent);
  });

  it('lends the one that was used last, so that the others come to rest', async () => {
    const { pool } = poolOf();
    const [first, second] = (await acquireAll(pool, 2)) as [FakeConnection, FakeConnection];
    pool.release(second);
    pool.release(first);
    expect(await pool.acquire()).toBe(first);
  });

  it('serves callers in their order, also when a connection has just become free', async () => {
    const { pool, opened } = poolOf({ max: 1 });
    const order: number[] = [];
    const held = await pool.acquire();
    const callers = Array.from({ length: 20 }, async (_, caller) => {
      const connection = await pool.acquire();
      order.push(caller);
      await Promise.resolve();
      pool.release(connection);
    });
    pool.release(held);
    await pool.acquire().then((connection) => {
      order.push(20);
      pool.release(connection);
    });
    await Promise.all(callers);
    expect(order).toEqual(Array.from({ length: 21 }, (_, caller) => caller));
    expect(opened).toHaveLength(1);
  });

  it('takes each connection back once', async () => {
    const { pool } = poolOf({ max: 1 });
    const connection = await pool.acquire();
    pool.release(connection);
    pool.release(connection);
    expect(pool.state).toEqual({ size: 1, free: 1, pending: 0 });
    const again = await pool.acquire();
    const second = pool.acquire();
    await letHappen();
    expect(pool.state.pending).toBe(1);
    pool.release(again);
    expect(await second).toBe(again);
  });

  it('reports after the time limit how many connections are in use and what to do', async () => {
    const { pool } = poolOf({ max: 1, acquireTimeoutMs: 250 });
    const held = await pool.acquire();
    const failed = expect(pool.acquire()).rejects.toMatchObject({
      code: 'ER_GET_CONNECTION_TIMEOUT',
      message: expect.stringMatching(/within 250 ms \(1 of at most 1 in use, 1 more callers.*DB_POOL_MAX/),
    });
    const other = pool.acquire().catch(() => undefined);
    await jest.advanceTimersByTimeAsync(250);
    await failed;
    await other;
    expect(pool.state.pending).toBe(0);
    // and a caller that gave up gets none
    pool.release(held);
    expect(pool.state).toEqual({ size: 1, free: 1, pending: 0 });
  });

  it('calls it an outage where the server is silent on one of those in use', async () => {
    const { pool } = poolOf({ max: 2, acquireTimeoutMs: 250 });
    const [first] = await acquireAll(pool, 2);
    (first as FakeConnection).silent = true;
    const failed = expect(pool.acquire()).rejects.toMatchObject({
      code: 'CONNECTIONS_SILENT',
      message: expect.stringContaining('silent on 1 of 2 in use'),
    });
    await jest.advanceTimersByTimeAsync(250);
    await failed;
  });

  it('calls it an outage where there is room for one that the server does not let come about', async () => {
    const { pool, connections } = poolOf({ max: 2, acquireTimeoutMs: 250 });
    await pool.acquire();
    connections.open = () => never();
    const failed = expect(pool.acquire()).rejects.toMatchObject({
      code: 'CONNECTIONS_SILENT',
      message: expect.stringContaining('silent on 0 of 1 in use'),
    });
    await jest.advanceTimersByTimeAsync(250);
    await failed;
  });

  it('keeps what was opened for one who gave up', async () => {
    const { pool, connections, opened } = poolOf({ acquireTimeoutMs: 100 });
    const open = Promise.withResolvers<void>();
    connections.open = async (connection) => {
      await open.promise;
      return connection;
    };
    const late = expect(pool.acquire()).rejects.toThrow('within 100 ms');
    await jest.advanceTimersByTimeAsync(100);
    await late;
    open.resolve();
    await letHappen();
    expect(pool.state).toEqual({ size: 1, free: 1, pending: 0 });
    expect(await pool.acquire()).toBe(opened[0]);
  });
});

describe('a pool that cannot open a connection', () => {
  it('fails one waiting caller for each failed attempt, and serves the others', async () => {
    const { pool, connections } = poolOf({ max: 1 });
    const good = connections.open;
    connections.open = async () => {
      connections.open = good;
      throw new Error('refused');
    };
    const outcomes = await Promise.allSettled([
      pool.acquire(),
      pool.acquire().then((connection) => pool.release(connection)),
      pool.acquire().then((connection) => pool.release(connection)),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  it('fails every caller once the server is gone, and opens again when it is back', async () => {
    const { pool, connections } = poolOf();
    const good = connections.open;
    connections.open = () => Promise.reject(new Error('refused'));
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => pool.acquire()));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(pool.state).toEqual({ size: 0, free: 0, pending: 0 });
    connections.open = good;
    await expect(pool.acquire()).resolves.toBeInstanceOf(FakeConnection);
  });
});

describe('a pool that lost a connection in the middle of a statement', () => {
  const losing = (settings: Partial<PoolSettings> = {}) => {
    const finished = Promise.withResolvers<void>();
    const unfinished = { size: 0, waitUntilFinished: jest.fn(() => finished.promise) };
    const finish = (): void => {
      unfinished.size = 0;
      finished.resolve();
    };
    return { ...poolOf(settings, unfinished), unfinished, finish, fail: finished.reject };
  };

  it('lends nothing while a statement is unfinished: no free, returned or new connection', async () => {
    const { pool, unfinished, finish } = losing({ max: 3 });
    const [free, lent] = (await acquireAll(pool, 2)) as [FakeConnection, FakeConnection];
    pool.release(free);
    unfinished.size = 1;
    const served: PhysicalConnection[] = [];
    const callers = Array.from({ length: 2 }, async () => served.push(await pool.acquire()));
    pool.release(lent);
    await letHappen();
    expect(served).toEqual([]);
    expect(pool.state).toEqual({ size: 2, free: 2, pending: 2 });
    finish();
    await Promise.all(callers);
    expect(served).toEqual([lent, free]);
    expect(unfinished.waitUntilFinished).toHaveBeenCalledTimes(1);
  });

  it('fails every waiting caller when the server cannot be asked, and asks again for the next one', async () => {
    const { pool, unfinished, fail } = losing();
    pool.release(await pool.acquire());
    unfinished.size = 1;
    const waiting = Promise.allSettled([pool.acquire(), pool.acquire()]);
    fail(new Error('refused'));
    expect((await waiting).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    // what was idle may be what the server has too many of
    expect(pool.state).toEqual({ size: 0, free: 0, pending: 0 });
    unfinished.waitUntilFinished.mockImplementation(async () => {
      unfinished.size = 0;
    });
    await expect(pool.acquire()).resolves.toBeInstanceOf(FakeConnection);
  });

  it('calls it an outage when that takes longer than anybody waits, and asks once for all', async () => {
    const { pool, unfinished } = losing({ acquireTimeoutMs: 250 });
    unfinished.size = 1;
    const failed = [pool.acquire(), pool.acquire()].map((acquired) =>
      expect(acquired).rejects.toMatchObject({ code: 'CONNECTIONS_SILENT', message: expect.stringContaining('lost') }),
    );
    await jest.advanceTimersByTimeAsync(250);
    await Promise.all(failed);
    expect(unfinished.waitUntilFinished).toHaveBeenCalledTimes(1);
  });

  it('stops asking when it is closed', async () => {
    const { pool, unfinished } = losing();
    unfinished.size = 1;
    const refused = expect(pool.acquire()).rejects.toThrow('closed');
    await pool.destroy(true);
    await refused;
    const [over] = unfinished.waitUntilFinished.mock.calls[0] as unknown as [() => boolean];
    expect(over()).toBe(true);
  });
});

describe('a pool that checks', () => {
  const doubtful = async (settings: Partial<PoolSettings> = {}, count = 1) => {
    const made = poolOf(settings);
    const lent = await acquireAll(made.pool, count);
    for (const connection of lent) {
      made.pool.release(connection);
    }
    await jest.advanceTimersByTimeAsync(600);
    return { ...made, lent };
  };

  it('asks one that was idle for half a second, and none that was just used', async () => {
    const { pool, lent } = await doubtful();
    const connection = await pool.acquire();
    expect(lent[0]?.log).toEqual(['check']);
    pool.release(connection);
    await pool.acquire();
    expect(lent[0]?.log).toEqual(['check']);
  });

  it('asks nothing where checks are off', async () => {
    const { pool, lent } = await doubtful({ preConnectCheck: false });
    await pool.acquire();
    expect(lent[0]?.log).toEqual([]);
  });

  it.each([
    ['says that it is not', async () => false],
    ['fails to say it', () => Promise.reject(new Error('broken'))],
  ])('replaces one that is no more alive and %s', async (_how, answer) => {
    const { pool, lent, opened } = await doubtful({ max: 1 });
    (lent[0] as FakeConnection).checking = answer;
    expect(await pool.acquire()).toBe(opened[1]);
    expect(lent[0]?.log).toEqual(['check', 'close']);
    expect(pool.state).toEqual({ size: 1, free: 0, pending: 0 });
  });

  it('asks the others at the same time once one is found dead', async () => {
    const { pool, lent, opened } = await doubtful({ max: 4 }, 4);
    for (const connection of lent) {
      connection.checking = () => new Promise((resolve) => setTimeout(() => resolve(false), 2_000));
    }
    const acquired = pool.acquire();
    acquired.catch(() => undefined);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(lent.map(({ log }) => log.length)).toEqual([1, 1, 1, 2]);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(lent.every(({ log }) => log.includes('close'))).toBe(true);
    // the first caller gave up after a second, the next one gets a new one
    expect(await pool.acquire()).toBe(opened[4]);
  });

  it('leaves no caller waiting when a check fails that several wait for', async () => {
    const { pool, lent } = await doubtful({ max: 2 }, 2);
    for (const connection of lent) {
      connection.checking = async () => false;
    }
    const callers = Array.from({ length: 10 }, async () => pool.release(await pool.acquire()));
    await Promise.all(callers);
    expect(pool.state).toEqual({ size: 2, free: 2, pending: 0 });
  });

  it('drops one that died while it was idle, without asking it', async () => {
    const { pool, opened, lent } = await doubtful();
    (lent[0] as FakeConnection).usable = false;
    expect(await pool.acquire()).toBe(opened[1]);
    expect(lent[0]?.log).toEqual(['close']);
  });
});

describe('a pool that resets', () => {
  it('resets what was touched before anybody else has it', async () => {
    const { pool, opened } = poolOf({ max: 1 });
    const connection = await pool.acquire();
    const reset = Promise.withResolvers<void>();
    (connection as FakeConnection).resetting = () => reset.promise;
    const next = pool.acquire();
    pool.release(connection, true);
    await letHappen();
    expect(pool.state).toEqual({ size: 1, free: 0, pending: 1 });
    reset.resolve();
    expect(await next).toBe(opened[0]);
    expect(opened[0]?.log).toEqual(['reset']);
  });

  it('resets nothing that was not touched', async () => {
    const { pool, opened } = poolOf();
    pool.release(await pool.acquire());
    expect(opened[0]?.log).toEqual([]);
  });

  it('closes what cannot be reset, and opens another for who waits', async () => {
    const { pool, opened } = poolOf({ max: 1 });
    const connection = (await pool.acquire()) as FakeConnection;
    connection.resetting = () => Promise.reject(new Error('gone'));
    const next = pool.acquire();
    pool.release(connection, true);
    expect(await next).toBe(opened[1]);
    expect(connection.log).toEqual(['reset', 'close']);
  });

  it('does not ask one that is lost', async () => {
    const { pool, opened } = poolOf({ max: 1 });
    const connection = (await pool.acquire()) as FakeConnection;
    connection.abort();
    pool.release(connection, true);
    expect(await pool.acquire()).toBe(opened[1]);
    expect(connection.log).toEqual(['abort', 'close']);
  });
});

describe('a pool that looks after its connections', () => {
  it('opens its least number with the first one, and again when some are lost', async () => {
    const { pool, opened } = poolOf({ min: 3, max: 5 });
    pool.release(await pool.acquire());
    await letHappen();
    expect(pool.state).toEqual({ size: 3, free: 3, pending: 0 });
    for (const connection of opened) {
      connection.usable = false;
    }
    await jest.advanceTimersByTimeAsync(1_000);
    expect(opened).toHaveLength(6);
    expect(pool.state).toEqual({ size: 3, free: 3, pending: 0 });
  });

  it('goes on trying to open its least number while the server is away', async () => {
    const { pool, connections, opened } = poolOf({ min: 1 });
    pool.release(await pool.acquire());
    const good = connections.open;
    connections.open = () => Promise.reject(new Error('refused'));
    (opened[0] as FakeConnection).usable = false;
    await jest.advanceTimersByTimeAsync(5_000);
    expect(pool.state.size).toBe(0);
    connections.open = good;
    await jest.advanceTimersByTimeAsync(1_000);
    expect(pool.state).toEqual({ size: 1, free: 1, pending: 0 });
  });

  it('closes what is idle too long, those first that were idle longest, down to the least number', async () => {
    const { pool } = poolOf({ min: 1, max: 3, idleTimeoutMs: 5_000 });
    const lent = await acquireAll(pool, 3);
    for (const connection of lent) {
      pool.release(connection);
      await jest.advanceTimersByTimeAsync(10);
    }
    await jest.advanceTimersByTimeAsync(4_000);
    expect(pool.state.size).toBe(3);
    await jest.advanceTimersByTimeAsync(2_000);
    expect(lent.map(({ usable }) => usable)).toEqual([false, false, true]);
  });

  it('replaces what is old, in use or not, within a tenth of its age of the others', async () => {
    const { pool, opened } = poolOf({ min: 2, recycleMs: 10_000 });
    const [first, second] = (await acquireAll(pool, 2)) as [FakeConnection, FakeConnection];
    pool.release(first);
    await jest.advanceTimersByTimeAsync(8_900);
    expect([first.usable, second.usable]).toEqual([true, true]);
    await jest.advanceTimersByTimeAsync(2_200);
    expect([first.usable, second.usable]).toEqual([false, true]);
    pool.release(second);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(second.usable).toBe(false);
    expect(opened).toHaveLength(4);
    expect(pool.state).toEqual({ size: 2, free: 2, pending: 0 });
  });

  it('closes all of them on clear(): the idle ones now, the others when they come back, and opens new ones', async () => {
    const { pool, opened } = poolOf();
    const [first, second] = (await acquireAll(pool, 2)) as [FakeConnection, FakeConnection];
    pool.release(first);
    pool.clear();
    expect([first.usable, second.usable]).toEqual([false, true]);
    expect(pool.state).toEqual({ size: 1, free: 0, pending: 0 });
    pool.release(second);
    expect(second.usable).toBe(false);
    expect(await pool.acquire()).toBe(opened[2]);
  });

  it('does not lend what was being opened when all were cleared', async () => {
    const { pool, connections, opened } = poolOf({ max: 1 });
    const open = Promise.withResolvers<void>();
    const good = connections.open;
    connections.open = async (connection) => {
      await open.promise;
      return connection;
    };
    const acquired = pool.acquire();
    pool.clear();
    connections.open = good;
    open.resolve();
    expect(await acquired).toBe(opened[1]);
    expect(opened[0]?.usable).toBe(false);
  });
});

describe('a pool that is closed', () => {
  it('refuses who comes and who waits, and waits for those that are in use', async () => {
    const { pool } = poolOf({ max: 1 });
    const held = (await pool.acquire()) as FakeConnection;
    const waiting = expect(pool.acquire()).rejects.toThrow('Pool is closed');
    const closed = pool.destroy();
    await waiting;
    await expect(pool.acquire()).rejects.toThrow('Pool is closed');
    expect(await Promise.race([closed, settled('still open')])).toBe('still open');
    pool.release(held, true);
    await closed;
    expect(held.usable).toBe(false);
    expect(pool.state.size).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('ends all at once by force, and takes what comes back late', async () => {
    const { pool, opened } = poolOf();
    const [first, second] = (await acquireAll(pool, 2)) as [FakeConnection, FakeConnection];
    pool.release(first);
    await pool.destroy(true);
    expect(opened.map(({ usable }) => usable)).toEqual([false, false]);
    pool.release(second);
    expect(pool.state).toEqual({ size: 0, free: 0, pending: 0 });
    await pool.destroy();
  });

  it('by force, does not wait for one that does not answer its closing, nor for one that is being closed already', async () => {
    const { pool, opened } = poolOf();
    const [first] = (await acquireAll(pool, 2)) as [FakeConnection, FakeConnection];
    first.closing = () => never();
    pool.release(first);
    void pool.destroy();
    await pool.destroy(true);
    expect(opened.map(({ log }) => log)).toEqual([['close', 'abort'], ['abort']]);
  });

  it('waits two seconds for the closing, then ends the connection', async () => {
    const { pool } = poolOf();
    const connection = (await pool.acquire()) as FakeConnection;
    connection.closing = () => never();
    pool.release(connection);
    const closed = pool.destroy();
    await jest.advanceTimersByTimeAsync(2_000);
    await closed;
    expect(connection.log).toEqual(['close', 'abort']);
  });

  it.each([false, true])('closes what is opened too late (by force: %s)', async (force) => {
    const { pool, connections, opened } = poolOf();
    const open = Promise.withResolvers<void>();
    connections.open = async (connection) => {
      await open.promise;
      return connection;
    };
    const refused = expect(pool.acquire()).rejects.toThrow('Pool is closed');
    const closed = pool.destroy(force);
    await refused;
    open.resolve();
    await closed;
    await letHappen();
    expect(opened[0]?.log).toEqual(['close']);
  });

  it.each(['checked', 'reset'] as const)('closes what is being %s', async (how) => {
    const { pool } = poolOf();
    const connection = (await pool.acquire()) as FakeConnection;
    const done = Promise.withResolvers<void>();
    connection.checking = () => done.promise.then(() => true);
    connection.resetting = () => done.promise;
    pool.release(connection, how === 'reset');
    await jest.advanceTimersByTimeAsync(600);
    const refused = how === 'checked' ? expect(pool.acquire()).rejects.toThrow('Pool is closed') : undefined;
    const closed = pool.destroy();
    await refused;
    done.resolve();
    await closed;
    expect(connection.usable).toBe(false);
    expect(pool.state.size).toBe(0);
  });
});

/** Lets all that is ready happen. */
async function letHappen(): Promise<void> {
  await jest.advanceTimersByTimeAsync(0);
}

async function settled<T>(value: T): Promise<T> {
  await letHappen();
  return value;
}
