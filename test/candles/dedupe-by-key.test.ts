import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inTurns, ROWS_PER_TURN } from '../../src/async/turns.ts';
import { compareNames, dedupeByKey as inParts } from '../../src/repositories/write/dedupe-by-key.ts';
import { THOUSAND_RUNS } from '../support/arbitraries.ts';

const dedupeByKey = <T>(...given: Parameters<typeof inParts<T>>): readonly T[] => inTurns(inParts(...given));

interface Tick {
  readonly exchange: string;
  readonly symbol: string;
  readonly type: string;
  readonly time: number;
  readonly value: number;
}

const NAMES = ['exchange', 'symbol', 'type'] as const;
const compare = (a: Tick, b: Tick): number =>
  compareNames(a.exchange, b.exchange) ||
  compareNames(a.symbol, b.symbol) ||
  compareNames(a.type, b.type) ||
  a.time - b.time;
const tick = (time: number, value: number, changes: Partial<Tick> = {}): Tick => ({
  exchange: 'e',
  symbol: 's',
  type: 't',
  time,
  value,
  ...changes,
});

describe('dedupeByKey', () => {
  it('leaves the last row of each key, in the order of the keys', () => {
    const batch = [tick(2, 1), tick(1, 2), tick(2, 3), tick(0, 4)];
    expect(dedupeByKey(batch, compare)).toEqual([tick(0, 4), tick(1, 2), tick(2, 3)]);
  });

  it('leaves the one before where the next does not replace it', () => {
    const batch = [tick(0, 1), tick(0, 2), tick(0, 3)];
    expect(dedupeByKey(batch, compare, () => false)).toEqual([tick(0, 1)]);
    expect(dedupeByKey(batch, compare, (next) => next.value !== 3)).toEqual([tick(0, 2)]);
  });

  it('takes names that run together to the same text for different ones', () => {
    const batch = [tick(0, 1, { exchange: 'ab', symbol: 'c' }), tick(0, 2, { exchange: 'a', symbol: 'bc' })];
    expect(dedupeByKey(batch, compare)).toEqual(batch.toReversed());
  });

  it('leaves the batch as it was', () => {
    const batch = Object.freeze([tick(2, 1), tick(1, 2), tick(2, 3)]);
    dedupeByKey(batch, compare);
    expect(batch.map(({ value }) => value)).toEqual([1, 2, 3]);
  });

  it('gives for any batch one row for each key, sorted by name after name and then by time', () => {
    const text = fc.constantFrom('', 'a', 'b', 'ab', 'A', '\u0001', 'é', '🚀');
    const batches = fc.array(
      fc.record({ exchange: text, symbol: text, type: text, time: fc.nat(3), value: fc.nat(1_000) }),
      { maxLength: 40 },
    );
    const replaces = (next: Tick, previous: Tick): boolean => next.value % 2 === 0 || previous.value % 2 === 1;
    const keyOf = ({ exchange, symbol, type, time }: Tick): unknown[] => [exchange, symbol, type, time];
    fc.assert(
      fc.property(batches, (batch) => {
        const expected = new Map<string, Tick>();
        for (const row of batch) {
          const key = JSON.stringify(keyOf(row));
          const previous = expected.get(key);
          if (previous === undefined || replaces(row, previous)) {
            expected.set(key, row);
          }
        }
        const sorted = [...expected.values()].sort((a, b) => {
          const names = NAMES.find((name) => a[name] !== b[name]);
          return names === undefined ? a.time - b.time : a[names] < b[names] ? -1 : 1;
        });
        expect(dedupeByKey(batch, compare, replaces)).toEqual(sorted);
      }),
      THOUSAND_RUNS,
    );
  });

  it('gives for a long batch what it gives for a short one, in turns', async () => {
    // in no order, many keys twice, over more than two parts
    const count = 3 * ROWS_PER_TURN + 17;
    const batch = Array.from({ length: count }, (_, at) =>
      tick((at * 7_919) % (count - 500), at, { symbol: at % 3 === 0 ? 'a' : 'b' }),
    );
    const expected = new Map<string, Tick>();
    for (const row of batch) {
      expected.set(`${row.symbol} ${String(row.time).padStart(6, '0')}`, row);
    }
    let turns = 0;
    const sorted = await inTurns(inParts(batch, compare), async () => {
      turns += 1;
    });
    expect(sorted).toEqual([...expected].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row));
    expect(turns).toBeGreaterThan(6);
    expect(dedupeByKey(batch, compare)).toEqual(sorted);
  });

  it('keeps the order of rows with one key over parts', () => {
    const batch = Array.from({ length: 2 * ROWS_PER_TURN }, (_, at) => tick(1 - (at % 2), at));
    expect(dedupeByKey(batch, compare).map(({ value }) => value)).toEqual([batch.length - 1, batch.length - 2]);
    expect(dedupeByKey(batch, compare, () => false).map(({ value }) => value)).toEqual([1, 0]);
  });
});
