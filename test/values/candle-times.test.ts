import { describe, expect, it } from '@jest/globals';
import { candleEnd, InvalidInputError, isTimeframe, TIMEFRAMES, timeframeMs } from '../../src/index.ts';

const WEEK_MS = 604_800_000;

describe('timeframeMs', () => {
  it('is the length of every timeframe but a month', () => {
    const lengths = TIMEFRAMES.filter((timeframe) => timeframe !== '1M').map((timeframe) => timeframeMs(timeframe));
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
    expect([lengths[0], timeframeMs('1h'), timeframeMs('1w')]).toEqual([1_000, 3_600_000, WEEK_MS]);
    expect(timeframeMs('1M')).toBeUndefined();
  });

  it.each(['2m', '1H', '', 'toString'])('refuses %p by name', (text) => {
    expect(isTimeframe(text)).toBe(false);
    expect(() => timeframeMs(text)).toThrow(InvalidInputError);
    expect(() => timeframeMs(text)).toThrow(/^timeframeMs: input: expected one of the timeframes 1s, .*, received /);
  });
});

describe('candleEnd', () => {
  it.each([
    ['2024-01-01T00:00Z', '1m', '2024-01-01T00:01:00.000Z'],
    ['2024-02-28T00:00Z', '3d', '2024-03-02T00:00:00.000Z'],
    ['2024-01-01T00:00Z', '1w', '2024-01-08T00:00:00.000Z'],
    ['2024-12-30T00:00Z', '1w', '2025-01-06T00:00:00.000Z'],
    ['2024-02-01T00:00Z', '1M', '2024-03-01T00:00:00.000Z'],
    ['2023-02-01T00:00Z', '1M', '2023-03-01T00:00:00.000Z'],
    ['2024-12-01T00:00Z', '1M', '2025-01-01T00:00:00.000Z'],
    ['2024-01-31T16:00Z', '1M', '2024-02-29T16:00:00.000Z'],
  ])('of a candle from %s of %s is %s, in every form of the start', (start, timeframe, end) => {
    const date = new Date(start);
    for (const startTime of [start, date, date.getTime()]) {
      expect(candleEnd(startTime, timeframe).toISOString()).toBe(end);
    }
  });

  it('joins candles without a gap, over months and years', () => {
    let start = new Date('2019-12-31T16:00Z');
    for (let month = 1; month <= 60; month += 1) {
      start = candleEnd(start, '1M');
    }
    expect(start.toISOString()).toBe('2024-12-31T16:00:00.000Z');
  });

  it.each([
    ['2024-01-01T00:00:30Z', '1m', 'startTime', 'a multiple of 1m'],
    ['2024-01-01T00:30Z', '1w', 'startTime', 'a whole hour'],
    ['2024-01-02T00:00Z', '1M', 'startTime', "midnight on the first of a month, in the exchange's zone"],
    ['9999-12-31T23:59Z', '1m', 'startTime', 'a start whose candle ends before the year 10000'],
    ['2024-01-01', '1m', 'startTime', 'ISO 8601'],
    [1_704_067_200, '1m', 'startTime', 'epoch milliseconds (this can only be seconds'],
    [new Date(Number.NaN), '1m', 'startTime', ''],
    ['2024-01-01T00:00Z', '2m', 'timeframe', 'one of the timeframes'],
  ])('refuses a start at %p of %s', (start, timeframe, path, expected) => {
    let error: unknown;
    try {
      candleEnd(start, timeframe);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error).toMatchObject({
      operation: 'candleEnd',
      issues: [{ path, expected: expect.stringContaining(expected) }],
    });
  });
});
