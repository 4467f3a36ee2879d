import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { candleEnd, isTimeframe, TIMEFRAMES, type Timeframe, timeframeMs } from '../../src/time/timeframe.ts';
import { THOUSAND_RUNS } from '../support/arbitraries.ts';

const LENGTHS: Record<Exclude<Timeframe, '1M'>, number> = {
  '1s': 1_000,
  '5s': 5_000,
  '10s': 10_000,
  '15s': 15_000,
  '30s': 30_000,
  '1m': 60_000,
  '3m': 180_000,
  '5m': 300_000,
  '15m': 900_000,
  '30m': 1_800_000,
  '1h': 3_600_000,
  '2h': 7_200_000,
  '4h': 14_400_000,
  '6h': 21_600_000,
  '8h': 28_800_000,
  '12h': 43_200_000,
  '1d': 86_400_000,
  '3d': 259_200_000,
  '1w': 604_800_000,
};
const end = (start: string, timeframe: Timeframe): string | undefined =>
  candleEnd(new Date(start), timeframe)?.toISOString();

describe('timeframes', () => {
  it('are the twenty that are promised', () => {
    expect([...TIMEFRAMES].sort()).toEqual([...Object.keys(LENGTHS), '1M'].sort());
  });

  it.each(Object.entries(LENGTHS))('%s lasts %i ms', (timeframe, ms) => {
    expect(timeframeMs(timeframe as Timeframe)).toBe(ms);
  });

  it('have no fixed length where it is a month', () => {
    expect(timeframeMs('1M')).toBeUndefined();
  });

  it.each(['1M', '1m', '12h'])('%s is one', (text) => {
    expect(isTimeframe(text)).toBe(true);
  });

  it.each(['1H', '1D', '2m', '60', '', 'toString', 1, null, undefined, ['1m']])('%p is none', (value) => {
    expect(isTimeframe(value)).toBe(false);
  });
});

describe('candleEnd', () => {
  it.each(Object.entries(LENGTHS) as [Exclude<Timeframe, '1M'>, number][])(
    'ends one %s after its start',
    (timeframe, ms) => {
      const step = Math.min(ms, 3_600_000);
      fc.assert(
        fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: 1, max: step - 1 }), (count, off) => {
          expect(candleEnd(new Date(count * step), timeframe)?.getTime()).toBe(count * step + ms);
          expect(candleEnd(new Date(count * step + off), timeframe)).toBeUndefined();
        }),
        { ...THOUSAND_RUNS, numRuns: 200 },
      );
    },
  );

  it.each<[start: string, end: string]>([
    ['2024-01-01T00:00:00Z', '2024-02-01T00:00:00.000Z'],
    ['2024-02-01T00:00:00Z', '2024-03-01T00:00:00.000Z'],
    ['2023-02-01T00:00:00Z', '2023-03-01T00:00:00.000Z'],
    ['1900-02-01T00:00:00Z', '1900-03-01T00:00:00.000Z'],
    ['2024-12-01T00:00:00Z', '2025-01-01T00:00:00.000Z'],
    ['2024-01-31T16:00:00Z', '2024-02-29T16:00:00.000Z'],
    ['2023-12-31T10:00:00Z', '2024-01-31T10:00:00.000Z'],
    ['2024-02-29T16:00:00Z', '2024-03-31T16:00:00.000Z'],
    ['2024-03-01T12:00:00Z', '2024-04-01T12:00:00.000Z'],
  ])('ends the month from %s at %s', (start, expected) => {
    expect(end(start, '1M')).toBe(expected);
  });

  it.each([
    '2024-01-02T00:00:00Z',
    '2024-01-15T00:00:00Z',
    '2024-01-31T09:00:00Z',
    '2024-01-01T13:00:00Z',
    '2024-01-01T00:30:00Z',
  ])('knows no month from %s', (start) => {
    expect(end(start, '1M')).toBeUndefined();
  });

  it('ends every month of every zone where the next begins', () => {
    const month = fc.record({
      year: fc.integer({ min: 1001, max: 9998 }),
      index: fc.nat(11),
      zone: fc.integer({ min: -12, max: 14 }),
    });
    fc.assert(
      fc.property(month, ({ year, index, zone }) => {
        const midnight = (months: number): Date => new Date(Date.UTC(year, months, 1) - zone * 3_600_000);
        expect(candleEnd(midnight(index), '1M')).toEqual(midnight(index + 1));
      }),
      THOUSAND_RUNS,
    );
  });
});
