import { AsyncLocalStorage } from 'node:async_hooks';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { DatabaseOperationError, isInvalidInputError } from '../../src/index.ts';
import type { WriterSettings } from '../../src/schemas/writer-options.schema.ts';
import type { RowSpool } from '../../src/streams/row-spool.ts';
import { RowWriter } from '../../src/streams/row-writer.ts';
import { FakeTarget, type Letters, settled } from '../support/fake-target.ts';

const HOUR_MS = 3_600_000;

describe('a row writer', () => {
  const writers: RowWriter<Letters, Letters>[] = [];

  const make = (settings: Partial<WriterSettings> = {}, spool?: RowSpool) => {
    const target = new FakeTarget();
    const defaults = {
      ...{ batchRows: 3, batchBytes: 1_000, flushIntervalMs: HOUR_MS },
      ...{ highWaterMark: 12, highWaterMarkBytes: 4_000, signal: undefined },
    };
    const writer = new RowWriter<Letters, Letters>(target, { ...defaults, ...settings }, spool);
    writers.push(writer);
    const batches = (): string[] => target.begun.map(({ rows }) => rows.join(''));
    const write = (letters: string): boolean[] => [...letters].map((letter) => writer.write(letter));
    return { target, writer, batches, write };
  };

  /** A spool that is never asked for anything but to take rows at the end. */
  const spoolThat = (put: RowSpool['put']): RowSpool => ({
    opened: Promise.resolve(),
    state: { directory: '', rows: 0, bytes: 0, maxBytes: 1, oldest: null, full: false, refused: 0, error: null },
    onChange: () => () => undefined,
    store: (_batchKind, _rows, storeInDatabase) => storeInDatabase(),
    put: (batchKind, rows) => put(batchKind, rows),
  });

  afterEach(() => {
    jest.useRealTimers();
    for (const writer of writers.splice(0)) {
      writer.on('error', () => undefined).destroy();
    }
  });

  describe('batches', () => {
    it('stores as soon as enough rows have gathered, and not before', async () => {
      const { batches, write } = make();
      write('ab');
      await settled();
      expect(batches()).toEqual([]);
      write('c');
      expect(batches()).toEqual(['abc']);
    });

    it('stores as soon as enough bytes have gathered, no more than that at once', async () => {
      const { target, batches, writer } = make({ batchRows: 100, batchBytes: 10 });
      writer.write('aaaa');
      writer.write('bbbb');
      expect(batches()).toEqual([]);
      writer.write('cccc');
      expect(batches()).toEqual(['aaaabbbb']);
      await target.succeed();
      writer.write('dddddd');
      expect(batches()).toEqual(['aaaabbbb', 'ccccdddddd']);
    });

    it('stores a row that is larger than a batch by itself', async () => {
      const { target, batches, writer } = make({ batchBytes: 3 });
      writer.write('a');
      writer.write('bbbbbbbb');
      writer.write('c');
      await target.succeed();
      await target.succeed();
      expect(batches()).toEqual(['a', 'bbbbbbbb']);
    });

    it('stores what has waited long enough, counted from the first row of the batch', async () => {
      jest.useFakeTimers();
      const { batches, writer } = make({ flushIntervalMs: 500 });
      writer.write('a');
      await jest.advanceTimersByTimeAsync(400);
      writer.write('b');
      await jest.advanceTimersByTimeAsync(99);
      expect(batches()).toEqual([]);
      await jest.advanceTimersByTimeAsync(1);
      expect(batches()).toEqual(['ab']);
    });

    it('has one batch under way at a time; what comes meanwhile gathers for the next', async () => {
      const { target, batches, write } = make();
      write('abcdefgh');
      await settled();
      expect(batches()).toEqual(['abc']);
      await target.succeed();
      expect(batches()).toEqual(['abc', 'def']);
      await target.succeed();
      expect(batches()).toEqual(['abc', 'def']);
    });

    it('does not let a row wait longer because a batch was under way when it came', async () => {
      jest.useFakeTimers({ doNotFake: ['setImmediate'] });
      const { target, batches, write } = make({ flushIntervalMs: 20 });
      write('abcd');
      await jest.advanceTimersByTimeAsync(30);
      await target.succeed();
      expect(batches()).toEqual(['abc', 'd']);
    });
  });

  describe('flush', () => {
    it('stores what was written before it at once, and settles when that is stored', async () => {
      const { target, batches, writer, write } = make();
      write('a');
      let done = false;
      const flushed = writer.flush().then(() => {
        done = true;
      });
      expect(batches()).toEqual(['a']);
      write('b');
      await settled();
      expect(done).toBe(false);
      await target.succeed();
      await flushed;
      // what came after it waits for its own time
      expect(batches()).toEqual(['a']);
    });

    it('waits for every batch that it takes, and for the one under way', async () => {
      const { target, batches, writer, write } = make();
      write('abcde');
      let done = false;
      const flushed = writer.flush().then(() => {
        done = true;
      });
      await target.succeed();
      expect(done).toBe(false);
      expect(batches()).toEqual(['abc', 'de']);
      await target.succeed();
      await flushed;
    });

    it('has nothing to wait for where nothing was written, or all of it was refused', async () => {
      const { target, writer } = make();
      await writer.flush();
      writer.on('rejected', () => undefined).write('');
      await writer.flush();
      expect(target.begun).toEqual([]);
    });

    it('is rejected when the rows are dropped', async () => {
      const { writer, write } = make();
      write('ab');
      const flushed = expect(writer.flush()).rejects.toMatchObject({ kind: 'closed' });
      writer.destroy();
      await flushed;
      await expect(writer.flush()).rejects.toThrow('2 rows are not known to be stored');
    });
  });

  describe('back-pressure', () => {
    it('takes rows up to its mark, those under way included, and says when there is room', async () => {
      const { target, batches, writer, write } = make({ highWaterMark: 6 });
      let drains = 0;
      writer.on('drain', () => {
        drains += 1;
      });
      expect(writer.writableHighWaterMark).toBe(6);
      expect(write('abcde')).toEqual([true, true, true, true, true]);
      expect([writer.writableLength, writer.writableNeedDrain]).toEqual([5, false]);
      expect(write('f')).toEqual([false]);
      expect([writer.writableLength, writer.writableNeedDrain]).toEqual([6, true]);
      await settled();
      expect(drains).toBe(0);
      await target.succeed();
      // while the second batch is under way
      expect(batches()).toEqual(['abc', 'def']);
      expect(drains).toBe(1);
      expect([writer.writableLength, writer.writableNeedDrain]).toEqual([3, false]);
      await target.succeed();
      expect(drains).toBe(1);
    });

    it('needs no room beside the batch: a mark of one row is one row at a time', async () => {
      const { target, batches, writer, write } = make({ batchRows: 1, highWaterMark: 1 });
      expect(write('a')).toEqual([false]);
      expect(batches()).toEqual(['a']);
      const drained = once(writer, 'drain');
      await target.succeed();
      await drained;
      expect(write('b')).toEqual([false]);
      expect(batches()).toEqual(['a', 'b']);
    });

    it('is full by bytes as well', async () => {
      const { target, writer } = make({ batchRows: 100, batchBytes: 10, highWaterMark: 400, highWaterMarkBytes: 40 });
      expect(writer.write('a'.repeat(39))).toBe(true);
      expect(writer.write('b')).toBe(false);
      await target.succeed();
      expect(writer.writableNeedDrain).toBe(false);
    });

    it('takes what is written all the same, as any stream of Node does', async () => {
      const { target, batches, writer, write } = make({ highWaterMark: 3 });
      let drains = 0;
      writer.on('drain', () => {
        drains += 1;
      });
      write('abcdefg');
      expect(writer.writableLength).toBe(7);
      await target.succeed();
      // there is no room yet
      expect(drains).toBe(0);
      await target.succeed();
      expect(drains).toBe(1);
      expect(batches()).toEqual(['abc', 'def']);
    });

    it('emits no drain after it was ended', async () => {
      const { target, writer, write } = make({ highWaterMark: 3 });
      writer.on('drain', () => {
        throw new Error('no source is left to go on');
      });
      write('abc');
      // as soon as all is stored
      const ended = writer.flush().then(() => writer.end());
      await target.succeed();
      await ended;
      await settled();
      expect(writer.writableFinished).toBe(true);
    });
  });

  describe('refused rows', () => {
    it('reports each with what was given, those that the store refuses included, and goes on', async () => {
      const { target, writer, write } = make();
      const told: unknown[] = [];
      writer.on('rejected', ({ row, issues }) => told.push([row, issues[0]?.expected]));
      writer.write('');
      expect(told).toEqual([['', 'letters']]);
      write('abc');
      await target.succeed(['b']);
      expect(told).toEqual([
        ['', 'letters'],
        ['b', 'less'],
      ]);
      expect(writer.stats()).toMatchObject({ written: 2, rejected: 2, queued: 0 });
      expect(writer.destroyed).toBe(false);
    });

    it('fails at the first one without a listener, and keeps what it holds', async () => {
      const { writer, write } = make();
      write('ab');
      const failed = once(writer, 'error');
      expect(writer.write('')).toBe(false);
      const [error] = await failed;
      expect(isInvalidInputError(error)).toBe(true);
      expect(error).toMatchObject({ operation: 'test.writer', issues: [{ expected: 'letters' }] });
      expect(error.message).toContain("'rejected'");
      expect(error.message).not.toContain('Nothing was done');
      expect(writer.unwritten).toEqual(['a', 'b']);
    });

    it('fails at one that the store refuses without a listener', async () => {
      const { target, writer, write } = make();
      write('abcd');
      const failed = once(writer, 'error');
      await target.succeed(['b']);
      await expect(failed).resolves.toMatchObject([{ kind: 'invalid-input' }]);
      expect(writer.unwritten).toEqual(['d']);
    });

    it('fails with what a listener throws', async () => {
      const { writer } = make();
      writer.on('rejected', () => {
        throw new Error('a bad feed');
      });
      const failed = once(writer, 'error');
      writer.write('');
      await expect(failed).resolves.toMatchObject([{ message: 'a bad feed' }]);
    });

    it('lets a listener write a mended row', async () => {
      const { batches, writer, write } = make();
      writer.on('rejected', () => writer.write('x'));
      writer.write('');
      write('ab');
      expect(batches()).toEqual(['xab']);
    });
  });

  describe('failing', () => {
    const failure = new DatabaseOperationError('test.writer: gone', {
      operation: 'test.writer',
      kind: 'connection',
      retryable: true,
      attempts: 5,
    });

    it('keeps every row that it holds, in order, and says how many', async () => {
      const { target, writer, write } = make();
      write('abcde');
      const failed = once(writer, 'error');
      const flushed = writer.flush();
      const unflushed = expect(flushed).rejects.toMatchObject({ kind: 'connection' });
      await target.fail(failure);
      const [error] = await failed;
      expect(error).toMatchObject({ kind: 'connection', retryable: true, attempts: 5, operation: 'test.writer' });
      expect(error.message).toBe(
        'test.writer: gone; 5 rows are not known to be stored and can be read from `unwritten`',
      );
      await unflushed;
      expect(writer.unwritten).toEqual([...'abcde']);
      expect(writer.stats()).toMatchObject({ written: 0, queued: 5 });
      // the error may be shared with others
      expect(failure.message).toBe('test.writer: gone');
      await settled();
      expect(target.begun.length).toBe(1);
    });

    it('begins no batch after it was destroyed; of the one under way it notes what became of it', async () => {
      const { target, writer, write } = make();
      write('abcde');
      writer.destroy();
      expect(writer.unwritten).toEqual([...'abcde']);
      await target.succeed();
      expect(writer.unwritten).toEqual(['d', 'e']);
      expect(writer.stats()).toMatchObject({ written: 3, queued: 2 });
      await settled();
      expect(target.begun.length).toBe(1);
    });

    it('fails by `await using` too', async () => {
      const { target, writer, write } = make();
      write('a');
      const disposed = expect(writer[Symbol.asyncDispose]()).rejects.toMatchObject({ kind: 'connection' });
      await settled();
      await target.fail(failure);
      await disposed;
    });

    it('is disposed of without an error after it was destroyed on purpose', async () => {
      const { writer } = make();
      writer.destroy();
      await writer[Symbol.asyncDispose]();
    });
  });

  describe('when the instance is closed', () => {
    const closed = new DatabaseOperationError('test.writer: closed', { operation: 'test.writer', kind: 'closed' });

    it('does not ask its source for more by the event drain', async () => {
      const { target, writer, write } = make({ highWaterMark: 3 });
      let drained = 0;
      writer.on('drain', () => {
        drained += 1;
      });
      expect(write('abc').at(-1)).toBe(false);
      const settling = writer.flushAndSeal(closed);
      await target.succeed();
      await settling;
      await settled();
      expect(drained).toBe(0);
    });

    it('counts rows once that it has put into its spool while their batch was under way', async () => {
      const kept = Promise.withResolvers<void>();
      const spooled: (readonly unknown[])[] = [];
      const spool = spoolThat((_batchKind, rows) => {
        spooled.push(rows);
        return kept.promise;
      });
      const { target, writer, write } = make({}, spool);
      write('abcd');
      const aborted = writer.abort(closed);
      await target.succeed();
      // until the spool has them they are held, whatever became of the batch
      expect(writer.stats()).toMatchObject({ inserted: 0, queued: 4, lastStoredAt: null });
      kept.resolve();
      await aborted;
      expect(spooled).toEqual([[...'abcd']]);
      expect(writer.stats()).toMatchObject({ inserted: 0, spooled: 4, queued: 0 });
    });

    it('does not report a batch that fails after the spool took it', async () => {
      const { target, writer, write } = make(
        {},
        spoolThat(async () => undefined),
      );
      const errors: Error[] = [];
      writer.on('error', (error) => errors.push(error));
      write('abc');
      await writer.abort(closed);
      await target.fail(new Error('late'));
      expect(errors).toEqual([closed]);
      expect(writer.unwritten).toEqual([]);
    });

    it('stores what it holds, and is neither ended nor failed where no more rows come', async () => {
      const { target, writer, write } = make();
      write('ab');
      const settling = writer.flushAndSeal(closed);
      await target.succeed();
      await settling;
      expect([writer.destroyed, writer.stats().written]).toEqual([false, 2]);
      writer.end();
      await once(writer, 'finish');
    });

    it('does not lose what it holds to a row that comes meanwhile; that one makes it fail afterwards', async () => {
      const { target, batches, writer, write } = make();
      write('abcd');
      const settling = writer.flushAndSeal(closed);
      expect(write('efgh')).toEqual([false, false, false, false]);
      expect(writer.destroyed).toBe(false);
      const failed = once(writer, 'error');
      await target.succeed();
      await target.succeed();
      await settling;
      await expect(failed).resolves.toMatchObject([{ kind: 'closed' }]);
      expect(batches()).toEqual(['abc', 'd']);
      expect(writer.unwritten).toEqual([...'efgh']);
    });

    it('fails at the first row that comes afterwards', async () => {
      const { writer, write } = make();
      await writer.flushAndSeal(closed);
      const failed = once(writer, 'error');
      expect(write('a')).toEqual([false]);
      await expect(failed).resolves.toMatchObject([{ kind: 'closed' }]);
      expect(writer.unwritten).toEqual(['a']);
    });

    it('by force: drops what it holds, with an error only where that matters', async () => {
      const { writer, write } = make();
      write('ab');
      writer.abort(closed);
      // nobody listens before
      const failed = once(writer, 'error');
      await expect(failed).resolves.toMatchObject([{ kind: 'closed', message: expect.stringContaining('2 rows') }]);
      expect(writer.unwritten).toEqual(['a', 'b']);

      const idle = make().writer;
      const gone = new Promise<void>((resolve) => idle.on('close', resolve));
      idle.abort(closed);
      await gone;
      expect(idle.errored).toBe(null);
    });
  });

  it('has a timer while rows wait, one for all of them, and none otherwise', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const { target, writer, write } = make();
    expect(timers()).toBe(before);
    write('a');
    write('b');
    expect(timers()).toBe(before + 1);
    write('c');
    expect(timers()).toBe(before);
    write('d');
    expect(timers()).toBe(before);
    await target.succeed();
    expect(timers()).toBe(before + 1);
    writer.destroy();
    expect(timers()).toBe(before);

    const busy = make();
    busy.write('abcd');
    busy.writer.destroy();
    await busy.target.succeed();
    expect(timers()).toBe(before);
  });

  it('counts the attempts that were made again', async () => {
    const { target, writer, write } = make();
    write('abc');
    target.begun[0]?.onRetry();
    target.begun[0]?.onRetry();
    await target.succeed();
    expect(writer.stats()).toMatchObject({ written: 3, inserted: 3, retried: 2, queued: 0 });
  });

  it('says when it stored last, and how long batches took', async () => {
    const { target, writer, write } = make();
    expect(writer.stats()).toMatchObject({ lastStoredAt: null, lastBatchMs: 0, longestBatchMs: 0, meanBatchMs: 0 });
    write('abc');
    await sleep(30);
    await target.succeed();
    const first = writer.stats();
    const ageMs = Date.now() - Number(first.lastStoredAt);
    expect(ageMs).toBeGreaterThanOrEqual(0);
    expect(ageMs).toBeLessThan(10_000);
    expect(first.lastBatchMs).toBeGreaterThanOrEqual(29);
    expect(first.longestBatchMs).toBe(first.lastBatchMs);
    expect(first.meanBatchMs).toBe(first.lastBatchMs);
    write('def');
    await target.succeed();
    const second = writer.stats();
    expect(second.longestBatchMs).toBe(Math.max(first.lastBatchMs, second.lastBatchMs));
    expect(second.meanBatchMs).toBeCloseTo((first.lastBatchMs + second.lastBatchMs) / 2, 6);
    expect(Number(second.lastStoredAt)).toBeGreaterThanOrEqual(Number(first.lastStoredAt));
    // what went into a spool is not in the database
    write('ghi');
    target.begun.at(-1)?.done.resolve({ inserted: 0, updated: 0, unchanged: 0, rejected: [], spooled: 3 });
    await settled();
    expect(writer.stats()).toMatchObject({
      spooled: 3,
      lastBatchMs: second.lastBatchMs,
      lastStoredAt: second.lastStoredAt,
    });
  });

  it('runs its listeners as the code that made it, not as a part of what stores a batch', async () => {
    const context = new AsyncLocalStorage<string>();
    const { target, writer, write } = context.run('maker', () => make({ highWaterMark: 3 }));
    target.track = (work) => context.run('operation', work);
    const ran: [event: string, as: string | undefined][] = [];
    for (const event of ['rejected', 'drain', 'error']) {
      writer.on(event, () => ran.push([event, context.getStore()]));
    }
    write('abc');
    await target.succeed(['b']);
    write('abc');
    await target.fail(new Error('lost'));
    expect(ran).toEqual([
      ['rejected', 'maker'],
      ['drain', 'maker'],
      ['error', 'maker'],
    ]);
  });

  it('gathers rows whether or not it is corked', () => {
    const { batches, writer, write } = make();
    writer.cork();
    write('abc');
    expect(batches()).toEqual(['abc']);
    writer.uncork();
  });
});
