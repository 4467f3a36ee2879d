import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DatabaseOperationError, spoolStatus } from '../../src/index.ts';
import { silentLogger } from '../../src/logger/logger.ts';
import { Spool } from '../../src/spool/spool.ts';
import type { SpoolContext } from '../../src/spool/spool-context.ts';
import type { SpoolStore } from '../../src/spool/store-batch.ts';
import type { StoredBatch } from '../../src/streams/writer-target.ts';
import { asReader } from '../support/as-reader.ts';
import { until } from '../support/until.ts';

const BATCH_KIND = { kind: 'candle', forceUpdate: true } as const;
const HOUR_MS = 3_600_000;
const away = (): DatabaseOperationError =>
  new DatabaseOperationError('away', { operation: 'test', kind: 'connection' });
const accepted = (rows: readonly unknown[]): StoredBatch<unknown> => ({
  ...{ inserted: rows.length, updated: 0, unchanged: 0, rejected: [] },
});

describe('a spool', () => {
  let directory: string;
  const opened: Spool[] = [];

  const open = ({
    store = async (_batchKind, rows) => accepted(rows),
    ...changes
  }: Omit<Partial<SpoolContext>, 'store'> & Partial<Pick<SpoolStore, 'store'>> = {}): Spool => {
    const spool = new Spool({
      ...{ directory, maxBytes: 10_000_000, database: 'test', logger: silentLogger },
      pauses: { baseDelayMs: 1, maxDelayMs: 2 },
      store: {
        store,
        transaction: () => Promise.reject(new Error('nothing is refused here')),
        closed: () => false,
      },
      ...changes,
    });
    opened.push(spool);
    return spool;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tradestore-spool-'));
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((spool) => spool.close()));
    await rm(directory, { recursive: true });
  });

  it('does not put rows that were called off while they waited for their turn', async () => {
    const spool = open({ store: () => Promise.reject(away()) });
    await spool.opened;
    const calledOff = new AbortController();
    const first = spool.put(BATCH_KIND, [1]);
    const second = spool.put(BATCH_KIND, [2], calledOff.signal);
    calledOff.abort(new Error('called off'));
    await expect(second).rejects.toBe(calledOff.signal.reason);
    await first;
    await spool.put(BATCH_KIND, [3]);
    expect(spool.state).toMatchObject({ rows: 2, full: false });
  });

  it('counts rows and bytes as its file does, while it is drained too', async () => {
    const held = Promise.withResolvers<void>();
    const stored: unknown[] = [];
    const spool = open({
      store: async (_batchKind, rows) => {
        if (stored.length > 0) {
          await held.promise;
        }
        stored.push(...rows);
        return accepted(rows);
      },
    });
    await spool.put(BATCH_KIND, ['a', 'b'.repeat(100)]);
    await spool.put(BATCH_KIND, ['c']);
    await until(() => spool.state.rows === 1);
    const { rows, bytes, oldest } = await spoolStatus(directory);
    expect({ rows, bytes }).toEqual({ rows: 1, bytes: 4 });
    expect(spool.state).toMatchObject({ rows, bytes, oldest });
    held.resolve();
    await until(() => spool.empty);
    expect(spool.state).toMatchObject({ rows: 0, bytes: 0, oldest: null });
    expect(spool.stored).toBe(3);
  });

  it('drains at once what it finds, and gives a database that has just failed a pause', async () => {
    const first = open({ store: () => Promise.reject(away()) });
    await first.put(BATCH_KIND, [1]);
    await first.close();
    // it would have to wait for hours
    const second = open({ pauses: { baseDelayMs: HOUR_MS, maxDelayMs: HOUR_MS } });
    await second.opened;
    await until(() => second.empty);
    await second.close();

    let asked = Number.POSITIVE_INFINITY;
    const third = open({
      pauses: { baseDelayMs: 100, maxDelayMs: 100 },
      store: async (_batchKind, rows) => {
        asked = performance.now();
        return accepted(rows);
      },
    });
    await third.opened;
    const put = performance.now();
    await third.put(BATCH_KIND, [2], undefined, away());
    await until(() => third.empty);
    expect(asked - put).toBeGreaterThanOrEqual(95);
  });

  it('takes fewer rows, or more, after it was resized', async () => {
    const spool = open({ store: () => Promise.reject(away()) });
    const fill = async (maxBytes: number): Promise<number> => {
      spool.resize(maxBytes);
      const puts = Array.from({ length: 20 }, () => spool.put(BATCH_KIND, ['x'.repeat(100_000)]));
      await expect(Promise.all(puts)).rejects.toThrow(`${maxBytes}`);
      await Promise.allSettled(puts);
      return spool.state.rows;
    };
    const few = await fill(600_000);
    expect(spool.state).toMatchObject({ full: true, maxBytes: 600_000 });
    expect(few).toBeGreaterThan(0);
    await expect(fill(1_200_000)).resolves.toBeGreaterThan(few);
  });

  it('waits with draining what may hold rows until its file can be opened', async () => {
    const first = open({ store: () => Promise.reject(away()) });
    await first.put(BATCH_KIND, [1]);
    await first.close();
    const lock = join(directory, 'spool.lock');
    await rm(lock);
    await writeFile(lock, 'no lock, but a file of some other kind, which is in its place');
    const second = open();
    await second.opened;
    second.drain();
    expect(second.empty).toBe(false);
    await rm(lock);
    await until(() => second.empty);
    expect(second.stored).toBe(1);
  });

  it('drains what is put in the last moment of a drain', async () => {
    const stored: unknown[] = [];
    const spool = open({
      store: async (_batchKind, rows) => {
        stored.push(...rows);
        return accepted(rows);
      },
    });
    let late: Promise<void> | undefined;
    spool.onChange(() => {
      if (late === undefined && stored.length === 1 && spool.empty) {
        late = spool.put(BATCH_KIND, [2]);
      }
    });
    await spool.put(BATCH_KIND, [1]);
    await until(() => stored.length === 2);
    expect(stored).toEqual([1, 2]);
  });

  it('does not report it as unused where it can only be read', async () => {
    await open().opened;
    await asReader(directory, async () => {
      await expect(spoolStatus(directory)).resolves.toMatchObject({
        usedBy: expect.stringContaining('perhaps process'),
      });
    });
  });

  it('is inspected without leaving a file', async () => {
    const spool = open();
    await spool.opened;
    await spool.close();
    await rm(join(directory, 'spool.lock'));
    await rm(join(directory, 'spool.lock-journal'), { force: true });
    const before = await readdir(directory);
    await expect(spoolStatus(directory)).resolves.toMatchObject({ usedBy: null });
    await expect(readdir(directory)).resolves.toEqual(before);
  });

  it('lets timers run while it is drained into a store that answers at once', async () => {
    const first = open({ store: () => Promise.reject(away()) });
    for (let row = 0; row < 50; row += 1) {
      await first.put(BATCH_KIND, [row]);
    }
    await first.close();
    let turns = 0;
    const counting = setInterval(() => {
      turns += 1;
    }, 1);
    const second = open();
    await second.opened;
    await new Promise<void>((resolve) => {
      const stop = second.onChange(() => {
        if (second.empty) {
          stop();
          resolve();
        }
      });
    });
    clearInterval(counting);
    // some tens of milliseconds; without a turn there would be none
    expect(turns).toBeGreaterThan(0);
  });

  it('takes nothing of a writer that was destroyed while the database refused its rows', async () => {
    const failing = Promise.withResolvers<never>();
    const spool = open({ store: () => Promise.reject(away()) });
    const destroyed = new AbortController();
    const storing = spool.store(BATCH_KIND, [1], () => failing.promise, destroyed.signal);
    await spool.opened;
    destroyed.abort(new Error('destroyed'));
    failing.reject(away());
    await expect(storing).rejects.toBe(destroyed.signal.reason);
    expect(spool.state).toMatchObject({ rows: 0, error: null });
  });
});
