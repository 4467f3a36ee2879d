import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { type PagesOptions, rowsOfPages } from '../../src/streams/row-pages.ts';
import { FakePages } from '../support/fake-pages.ts';
import { settled } from '../support/fake-target.ts';
import { allOf, nextOf } from '../support/streamed.ts';

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('rows of pages', () => {
  const stream = (source: FakePages, options: Partial<PagesOptions> = {}) =>
    rowsOfPages(async () => source, { pageRows: 3, ...options });

  describe('are', () => {
    it.each([
      [0, 1],
      [1, 3],
      [2, 1],
      [3, 3],
      [7, 3],
      [9, 3],
      [1_000, 300],
      [200, 200],
      [200, 5_000],
      [201, 5_000],
    ])('all %i rows in order, in pages of %i', async (rows, pageRows) => {
      const source = new FakePages(rows);
      await expect(allOf(stream(source, { pageRows }))).resolves.toEqual(upTo(rows));
      expect(source.closed).toBe(1);
    });

    it.each([1, 2, 3, 4, 6, 7, 100])('no more than the limit of %i, and no more are read', async (limit) => {
      const source = new FakePages(7);
      await expect(allOf(stream(source, { limit }))).resolves.toEqual(upTo(Math.min(7, limit)));
      const read = source.asked.reduce((sum, asked) => sum + asked.limit, 0);
      expect(read).toBeLessThanOrEqual(Math.max(limit, 7 + 2));
      expect(source.asked.length).toBe(Math.ceil(Math.min(limit, 8) / 3));
    });

    it('begun with a small page, so that the first of them come soon', async () => {
      const source = new FakePages(10_000);
      await allOf(stream(source, { pageRows: 5_000 }));
      expect(source.asked.map(({ after, limit }) => [after, limit])).toEqual([
        [undefined, 200],
        [200, 5_000],
        [5_200, 5_000],
      ]);
    });
  });

  it('read one page ahead, and not a second', async () => {
    const source = new FakePages(20);
    const rows = stream(source);
    for (let row = 1; row <= 12; row += 1) {
      await nextOf(rows);
      await settled();
      expect(source.asked.length).toBe(Math.ceil(row / 3) + 1);
    }
    await rows.return();
  });

  it('read nothing until the first row is asked for', async () => {
    let opened = 0;
    const rows = rowsOfPages(
      async () => {
        opened += 1;
        return new FakePages(1);
      },
      { pageRows: 1 },
    );
    await settled();
    await rows.return();
    expect(opened).toBe(0);
    await expect(rows.next()).resolves.toEqual({ done: true, value: undefined });
  });

  describe('that are left early', () => {
    it.each<[how: string, leave: () => void]>([
      ['by an error in the loop', () => fail()],
      ['by leaving the loop', () => undefined],
    ])('%s close the source, after the page that is being read', async (_how, leave) => {
      const source = new FakePages(9, false);
      const loop = (async () => {
        for await (const _row of stream(source)) {
          leave();
          break;
        }
      })().catch((error: unknown) => expect(error).toEqual(new Error('in the loop')));
      await settled();
      source.give();
      await settled();
      expect([source.asked.length, source.closed]).toEqual([2, 0]);
      source.give();
      await loop;
      expect(source.closed).toBe(1);
    });

    it('are not disturbed by a page that fails afterwards', async () => {
      const source = new FakePages(9, false);
      const rows = stream(source);
      const first = rows.next();
      await settled();
      source.give();
      await first;
      const left = rows.return();
      source.fail(new Error('too late'));
      await left;
      expect(source.closed).toBe(1);
    });
  });

  describe('that cannot be read', () => {
    it('fail after the rows that were read before', async () => {
      const source = new FakePages(9, false);
      const rows = stream(source);
      const first = rows.next();
      await settled();
      source.give();
      await first;
      source.fail(new Error('gone'));
      await settled();
      await expect(nextOf(rows)).resolves.toBe(2);
      await expect(nextOf(rows)).resolves.toBe(3);
      await expect(rows.next()).rejects.toThrow('gone');
      expect(source.closed).toBe(1);
    });

    it('fail at once where the source does not open', async () => {
      const rows = rowsOfPages<number>(() => Promise.reject(new Error('shut')), { pageRows: 1 });
      await expect(rows.next()).rejects.toThrow('shut');
    });
  });

  describe('whose signal is aborted', () => {
    const reason = new Error('enough');

    it('fail with its reason before they open anything', async () => {
      let opened = 0;
      const rows = rowsOfPages(
        async () => {
          opened += 1;
          return new FakePages(1);
        },
        { pageRows: 1, signal: AbortSignal.abort(reason) },
      );
      await expect(rows.next()).rejects.toBe(reason);
      expect(opened).toBe(0);
    });

    it('fail with its reason while they open, and close what opens afterwards', async () => {
      const { signal, abort } = controller();
      const opening = Promise.withResolvers<FakePages>();
      const next = rowsOfPages(() => opening.promise, { pageRows: 1, signal }).next();
      abort(reason);
      await expect(next).rejects.toBe(reason);
      const source = new FakePages(1);
      opening.resolve(source);
      await settled();
      expect([source.asked.length, source.closed]).toEqual([0, 1]);
    });

    it('do not mind that what they were opening fails afterwards', async () => {
      const { signal, abort } = controller();
      const opening = Promise.withResolvers<FakePages>();
      const next = rowsOfPages(() => opening.promise, { pageRows: 1, signal }).next();
      abort(reason);
      await expect(next).rejects.toBe(reason);
      opening.reject(new Error('shut'));
      await settled();
    });

    it('fail with its reason while a page is read, and close the source when that has ended', async () => {
      const { signal, abort } = controller();
      const source = new FakePages(9, false);
      const next = stream(source, { signal }).next();
      await settled();
      abort(reason);
      await expect(next).rejects.toBe(reason);
      expect(source.closed).toBe(0);
      source.give();
      await settled();
      expect(source.closed).toBe(1);
    });

    it('fail with its reason at the next row, in the middle of a page', async () => {
      const { signal, abort } = controller();
      const source = new FakePages(9);
      const rows = stream(source, { signal });
      await nextOf(rows);
      abort(reason);
      await expect(rows.next()).rejects.toBe(reason);
      await settled();
      expect(source.closed).toBe(1);
    });

    it('need not be waited for by who has left them already', async () => {
      const { signal, abort } = controller();
      const source = new FakePages(9, false);
      const rows = stream(source, { signal });
      const first = rows.next();
      await settled();
      source.give();
      await first;
      const left = rows.return();
      await settled();
      abort(reason);
      await expect(left).resolves.toEqual({ done: true, value: undefined });
      source.give();
      await settled();
      expect(source.closed).toBe(1);
    });

    it('leave no listener on it, however many pages were read', async () => {
      const { signal } = controller();
      for await (const _row of stream(new FakePages(50), { pageRows: 1, signal })) {
        expect(getEventListeners(signal, 'abort').length).toBe(0);
      }
      expect(getEventListeners(signal, 'abort').length).toBe(0);
    });
  });
});

function controller(): { signal: AbortSignal; abort: (reason: unknown) => void } {
  const controlling = new AbortController();
  return { signal: controlling.signal, abort: (reason) => controlling.abort(reason) };
}

function fail(): never {
  throw new Error('in the loop');
}
