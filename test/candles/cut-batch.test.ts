import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inTurns } from '../../src/async/turns.ts';
import { rowLiterals } from '../../src/databases/sql-literals.ts';
import { cutBatch, mostRowBytes, type SliceLimits } from '../../src/repositories/write/cut-batch.ts';
import { rowEncoder } from '../../src/repositories/write/encode-rows.ts';
import { THOUSAND_RUNS } from '../support/arbitraries.ts';
import { type SmallRow, smallTable } from '../support/small-table.ts';

const slicesOf = <T>(...given: Parameters<typeof cutBatch<T>>): T[][] => inTurns(cutBatch(...given));
const UNLIMITED = Number.POSITIVE_INFINITY;
const write = rowEncoder(smallTable.columns, rowLiterals);
const bytesOf = (row: SmallRow): number => Buffer.byteLength(write(row));
const limits = (bytes: number, rows = 1_000): SliceLimits<SmallRow> => ({
  rows,
  bytes,
  mostBytesOf: mostRowBytes(smallTable),
  bytesOf,
});
const row = (index: number, value = 'x'): SmallRow => ({ key: String(index), value, done: true, at: 'T' });
const rows = (count: number, value?: string): SmallRow[] =>
  Array.from({ length: count }, (_, index) => row(index, value));
const sizes = (slices: readonly (readonly unknown[])[]): number[] => slices.map((slice) => slice.length);
const writtenBytes = (slice: readonly SmallRow[]): number =>
  Buffer.byteLength(slice.map((one) => write(one)).join(','));

describe('cutBatch', () => {
  it.each([
    [0, []],
    [1, [1]],
    [1_000, [1_000]],
    [1_001, [1_000, 1]],
    [2_500, [1_000, 1_000, 500]],
  ])('cuts %i rows by a thousand', (count, expected) => {
    expect(sizes(slicesOf(rows(count), limits(UNLIMITED)))).toEqual(expected);
  });

  it('takes no more rows than it may', () => {
    expect(sizes(slicesOf(rows(10), limits(UNLIMITED, 3)))).toEqual([3, 3, 3, 1]);
  });

  it('takes no more bytes than the server does', () => {
    const slices = slicesOf(rows(10, 'y'.repeat(1_000)), limits(8_192 + 7_000));
    expect(slices.flat()).toEqual(rows(10, 'y'.repeat(1_000)));
    expect(slices.length).toBeGreaterThan(2);
    for (const slice of slices) {
      expect(writtenBytes(slice)).toBeLessThan(7_000);
    }
  });

  it('gives a row that may be too large, and is not, a slice of its own', () => {
    const batch = [row(0), row(1, 'y'.repeat(10_000)), row(2)];
    expect(sizes(slicesOf(batch, limits(8_192 + 10_050)))).toEqual([1, 1, 1]);
  });

  it('refuses a row that is too large by the number of the server, before anything is sent', () => {
    const batch = [row(0), row(1, 'y'.repeat(20_000))];
    const cut = (): unknown => slicesOf(batch, limits(8_192 + 11_000));
    expect(cut).toThrow(/a row of \d+ bytes is more than the server takes \(19192\)/);
    expect(cut).toThrow(expect.objectContaining({ errno: 1153 }));
  });

  it('leaves out a row that is too large where a listener takes it, and cuts the others', () => {
    const told: unknown[] = [];
    const batch = [row(0), row(1, 'y'.repeat(20_000)), row(2)];
    const slices = slicesOf(batch, limits(8_192 + 11_000), (left, excess) => told.push(left, excess));
    expect(slices).toEqual([[row(0), row(2)]]);
    expect(told).toEqual([batch[1], expect.stringMatching(/^a row of \d+ bytes is more than the server takes/)]);
  });

  it('counts what escaping adds', () => {
    // each quote becomes two bytes
    expect(() => slicesOf([row(0, "'".repeat(6_000))], limits(8_192 + 11_000))).toThrow(/more than/);
    expect(sizes(slicesOf([row(0, 'y'.repeat(6_000))], limits(8_192 + 11_000)))).toEqual([1]);
  });

  it('writes a row only to weigh it where its upper bound is too large', () => {
    let weighed = 0;
    const counting = {
      ...limits(8_192 + 11_000),
      bytesOf: (weighedRow: SmallRow): number => {
        weighed += 1;
        return bytesOf(weighedRow);
      },
    };
    slicesOf([...rows(100), row(100, 'y'.repeat(6_000))], counting);
    expect(weighed).toBe(1);
  });

  it('keeps every row in its order, and every slice within the limits', () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom("'", 'a', '🚀', '\\', '\0'), maxLength: 300 }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        texts,
        fc.integer({ min: 3_000, max: 20_000 }),
        fc.integer({ min: 1, max: 25 }),
        (values, bytes, most) => {
          const batch = values.map((value, index) => row(index, value));
          const slices = slicesOf(batch, limits(8_192 + bytes, most));
          expect(slices.flat()).toEqual(batch);
          for (const slice of slices) {
            expect(slice.length).toBeGreaterThan(0);
            expect(slice.length).toBeLessThanOrEqual(most);
            expect(writtenBytes(slice)).toBeLessThanOrEqual(bytes);
          }
        },
      ),
      THOUSAND_RUNS,
    );
  });
});
