import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DatabaseOperationError } from '../../src/index.ts';
import { silentLogger } from '../../src/logger/logger.ts';
import { Spool } from '../../src/spool/spool.ts';
import type { SpoolContext } from '../../src/spool/spool-context.ts';
import type { SpoolStore } from '../../src/spool/store-batch.ts';
import { RowWriter } from '../../src/streams/row-writer.ts';
import type { StoredBatch } from '../../src/streams/writer-target.ts';
import { until } from '../support/until.ts';

const BATCH_KIND = { kind: 'candle', forceUpdate: true } as const;
const HOUR_MS = 3_600_000;

/** A store that is there or is not, and remembers what it was given. */
class Shelf {
  up = true;
  /** Fails after it has stored, as where the answer is lost. */
  forgetful = false;
  readonly stored: number[] = [];

  async store(rows: readonly unknown[]): Promise<StoredBatch<unknown>> {
    await sleep(0);
    if (this.up || this.forgetful) {
      this.stored.push(...(rows as number[]));
    }
    if (!this.up || this.forgetful) {
      throw new DatabaseOperationError('away', { operation: 'test', kind: 'connection' });
    }
    return { inserted: rows.length, updated: 0, unchanged: 0, rejected: [] };
  }
}

describe('a spool', () => {
  let directory: string;
  let shelf: Shelf;
  const opened: Spool[] = [];

  const open = ({
    store = (_batchKind, rows) => shelf.store(rows),
    ...changes
  }: Omit<Partial<SpoolContext>, 'store'> & Partial<Pick<SpoolStore, 'store'>> = {}): Spool => {
    const spool = new Spool({
      ...{ directory, maxBytes: 10_000_000, database: 'test', logger: silentLogger },
      pauses: { baseDelayMs: 1, maxDelayMs: 2 },
      store: {
        store,
        transaction: () => Promise.reject(new Error('this shelf refuses no row')),
        closed: () => false,
      },
      ...changes,
    });
    opened.push(spool);
    return spool;
  };
  const write = (spool: Spool) =>
    new RowWriter<number, number>(
      {
        operation: 'test.writer',
        batchKind: BATCH_KIND,
        check: (input) => ({ ok: true, value: input as number }),
        bytesOf: () => 1,
        store: (rows) => shelf.store(rows) as Promise<StoredBatch<number>>,
        track: (work) => work(),
      },
      {
        batchRows: 2,
        batchBytes: 1_000,
        flushIntervalMs: HOUR_MS,
        highWaterMark: 100,
        highWaterMarkBytes: 4_000,
        signal: undefined,
      },
      spool,
    );

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tradestore-spool-'));
    shelf = new Shelf();
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((spool) => spool.close()));
    await rm(directory, { recursive: true });
  });

  it('has every row stored, and the last time each is stored is in the order in which they were written', async () => {
    const step = fc.constantFrom<'write' | 'flush' | 'up' | 'down' | 'forget' | 'wait' | 'crash'>(
      ...(['write', 'write', 'write', 'flush', 'flush', 'up', 'down', 'forget', 'wait', 'crash'] as const),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        shelf = new Shelf();
        let spool = open();
        let writer = write(spool);
        let next = 0;
        for (const what of steps) {
          if (what === 'write') {
            writer.write(next);
            next += 1;
          } else if (what === 'flush') {
            await writer.flush();
          } else if (what === 'wait') {
            await sleep(2);
          } else if (what === 'crash') {
            // the process ends when all that it was given is acknowledged
            await writer.flush();
            await spool.close();
            spool = open();
            writer = write(spool);
          } else {
            shelf.up = what === 'up';
            shelf.forgetful = what === 'forget';
          }
        }
        await writer.flush();
        shelf.up = true;
        shelf.forgetful = false;
        await spool.opened;
        await until(() => spool.empty);
        await spool.close();
        const last = [...new Set(shelf.stored.toReversed())].toReversed();
        expect(last).toEqual(Array.from({ length: next }, (_, n) => n));
      }),
      { seed: 20_240_101, numRuns: 40 },
    );
  }, 120_000);

  it('does not acknowledge a row before it is written down, nor drop one before it is stored', async () => {
    const spool = open();
    shelf.up = false;
    const writer = write(spool);
    writer.write(1);
    await writer.flush();
    await spool.close();
    const again = open({ store: async () => Promise.reject(new Error('still away')) });
    await again.opened;
    expect(again.state.rows).toBe(1);
    await until(() => again.state.error !== null);
    expect(again.state.rows).toBe(1);
  });

  it('has room in its journal to take batches out on a disk that is full by then', async () => {
    await open().opened;
    // it takes a copy of each page that a delete changes
    expect((await stat(join(directory, 'spool.db-journal'))).size).toBeGreaterThan(256 * 1024);
  });

  it('lets a batch wait for the end of a drain that goes well, instead of putting it behind', async () => {
    shelf.up = false;
    const first = open();
    await first.opened;
    await first.put(BATCH_KIND, [1]);
    await first.close();
    shelf.up = true;
    const spool = open({
      store: async (_batchKind, rows) => {
        await sleep(50);
        return shelf.store(rows);
      },
    });
    const writer = write(spool);
    writer.write(2);
    await writer.flush();
    expect(writer.stats()).toMatchObject({ spooled: 0, inserted: 1 });
    expect(shelf.stored).toEqual([1, 2]);
  });

  it('does not wait for a drain that goes on and on', async () => {
    const held = Promise.withResolvers<void>();
    shelf.up = false;
    const first = open();
    await first.opened;
    await first.put(BATCH_KIND, [1]);
    await first.close();
    shelf.up = true;
    const spool = open({
      store: async (_batchKind, rows) => {
        await held.promise;
        return shelf.store(rows);
      },
    });
    const writer = write(spool);
    writer.write(2);
    await writer.flush();
    expect(writer.stats().spooled).toBe(1);
    held.resolve();
    await until(() => spool.empty);
    expect(shelf.stored).toEqual([1, 2]);
  });

  it('is not held up by a writer that is destroyed while it waits for room', async () => {
    shelf.up = false;
    const spool = open({ maxBytes: 400_000 });
    await spool.opened;
    const fill = async (): Promise<void> => {
      await spool.put(BATCH_KIND, ['x'.repeat(50_000)]);
      await fill();
    };
    await expect(fill()).rejects.toMatchObject({ kind: 'configuration' });
    const writer = write(spool).on('error', () => undefined);
    writer.write('x'.repeat(50_000) as unknown as number);
    const flushed = writer.flush().catch((error: unknown) => error);
    await sleep(20);
    writer.destroy();
    await expect(flushed).resolves.toMatchObject({ kind: 'closed' });
    const { rows } = spool.state;
    shelf.up = true;
    await until(() => spool.empty);
    await sleep(50);
    expect(shelf.stored).toHaveLength(rows);
    expect(writer.unwritten).toHaveLength(1);
  });
});
