import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mysqlDialect } from '../../src/dialects/mysql.ts';
import { lastByKey, sortableTime } from '../../src/repositories/batch.ts';
import type { Session } from '../../src/repositories/session.ts';
import { slicesOf } from '../../src/repositories/slices.ts';
import { upsertParameters } from '../../src/repositories/upsert-statement.ts';
import { THOUSAND_RUNS } from '../support/arbitraries.ts';
import { type SmallRow, smallTable } from '../support/small-table.ts';

const UNLIMITED = Number.POSITIVE_INFINITY;
const session = (maxStatementBytes: number, maxParameters = UNLIMITED): Session =>
  ({ maxStatementBytes, dialect: { ...mysqlDialect, maxParameters } }) as unknown as Session;
const row = (index: number, value = 'x'): SmallRow => ({ key: String(index), value, done: true, at: 'T' });
const rows = (count: number, value?: string): SmallRow[] =>
  Array.from({ length: count }, (_, index) => row(index, value));
const sizes = (slices: readonly (readonly unknown[])[]): number[] => slices.map((slice) => slice.length);

describe('slicesOf', () => {
  it.each([
    [0, []],
    [1, [1]],
    [1_000, [1_000]],
    [1_001, [1_000, 1]],
    [2_500, [1_000, 1_000, 500]],
  ])('cuts %i rows by a thousand', (count, expected) => {
    expect(sizes(slicesOf(rows(count), smallTable, session(UNLIMITED)))).toEqual(expected);
  });

  it('takes no more rows than there are placeholders for', () => {
    // four columns a row
    expect(sizes(slicesOf(rows(10), smallTable, session(UNLIMITED, 15)))).toEqual([3, 3, 3, 1]);
  });

  it('takes no more bytes than the server does', () => {
    const slices = slicesOf(rows(10, 'y'.repeat(1_000)), smallTable, session(8_192 + 7_000));
    expect(slices.flat()).toEqual(rows(10, 'y'.repeat(1_000)));
    expect(slices.length).toBeGreaterThan(2);
    for (const slice of slices) {
      expect(mysqlDialect.writtenBytes(upsertParameters(smallTable, slice))).toBeLessThan(7_000);
    }
  });

  it('gives a row that may be too large, and is not, a slice of its own', () => {
    const batch = [row(0), row(1, 'y'.repeat(10_000)), row(2)];
    expect(sizes(slicesOf(batch, smallTable, session(8_192 + 11_000)))).toEqual([1, 1, 1]);
  });

  it('refuses a row that is too large by the number of the server, before anything is sent', () => {
    const batch = [row(0), row(1, 'y'.repeat(20_000))];
    const cut = (): unknown => slicesOf(batch, smallTable, session(8_192 + 11_000));
    expect(cut).toThrow(/a row of \d+ bytes is more than the server takes \(19192\)/);
    expect(cut).toThrow(expect.objectContaining({ errno: 1153 }));
  });

  it('counts what escaping adds', () => {
    // each quote becomes two bytes
    expect(() => slicesOf([row(0, "'".repeat(6_000))], smallTable, session(8_192 + 11_000))).toThrow(/more than/);
    expect(sizes(slicesOf([row(0, 'y'.repeat(6_000))], smallTable, session(8_192 + 11_000)))).toEqual([1]);
  });

  it('keeps every row in its order, and every slice within the limits', () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom("'", 'a', '🚀', '\\', '\0'), maxLength: 300 }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(
        texts,
        fc.integer({ min: 3_000, max: 20_000 }),
        fc.integer({ min: 4, max: 100 }),
        (values, bytes, parameters) => {
          const batch = values.map((value, index) => row(index, value));
          const slices = slicesOf(batch, smallTable, session(8_192 + bytes, parameters));
          expect(slices.flat()).toEqual(batch);
          for (const slice of slices) {
            expect(slice.length).toBeGreaterThan(0);
            expect(slice.length * 4).toBeLessThanOrEqual(parameters);
            expect(mysqlDialect.writtenBytes(upsertParameters(smallTable, slice))).toBeLessThanOrEqual(8_192 + bytes);
          }
        },
      ),
      THOUSAND_RUNS,
    );
  });
});

describe('lastByKey', () => {
  const keyOf = ({ key }: SmallRow): string => key;

  it('leaves the last row of each key, in the order of the keys', () => {
    const batch = [row(2, 'a'), row(1, 'b'), row(2, 'c'), row(0, 'd')];
    expect(lastByKey(batch, keyOf)).toEqual([row(0, 'd'), row(1, 'b'), row(2, 'c')]);
  });

  it('leaves the one before where the next does not replace it', () => {
    const batch = [row(0, 'a'), row(0, 'b'), row(0, 'c')];
    expect(lastByKey(batch, keyOf, () => false)).toEqual([row(0, 'a')]);
    expect(lastByKey(batch, keyOf, (next) => next.value !== 'c')).toEqual([row(0, 'b')]);
  });
});

describe('sortableTime', () => {
  it('sorts as text like the time', () => {
    const time = fc.date({
      min: new Date('1000-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(time, time, (a, b) => {
        expect(sortableTime(a) < sortableTime(b)).toBe(a < b);
      }),
      THOUSAND_RUNS,
    );
  });
});
