import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EARLIEST_MS, LATEST_MS, parseInstant } from '../../src/time/instant.ts';
import { THOUSAND_RUNS } from '../support/arbitraries.ts';

const read = (input: unknown): string => {
  const parsed = parseInstant(input);
  return parsed.ok ? parsed.value.toISOString() : parsed.expected;
};

describe('parseInstant', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000Z'],
    [-0, '1970-01-01T00:00:00.000Z'],
    [99_999_999, '1970-01-02T03:46:39.999Z'],
    [100_000_000_000, '1973-03-03T09:46:40.000Z'],
    [1_704_067_200_123, '2024-01-01T00:00:00.123Z'],
    [99_999_999_999_999, '5138-11-16T09:46:39.999Z'],
    [new Date(LATEST_MS), '9999-12-31T23:59:59.999Z'],
    [EARLIEST_MS, '1000-01-01T00:00:00.000Z'],
    [new Date(5), '1970-01-01T00:00:00.005Z'],
    // a Date says what it means, also where the number would be taken for seconds
    [new Date(1_704_067_200), '1970-01-20T17:21:07.200Z'],
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000Z'],
    ['2024-01-01T00:00Z', '2024-01-01T00:00:00.000Z'],
    ['2024-01-01T00:00:00.5Z', '2024-01-01T00:00:00.500Z'],
    ['2024-01-01T00:00:00,25Z', '2024-01-01T00:00:00.250Z'],
    ['2024-01-01T00:00:00.123000000Z', '2024-01-01T00:00:00.123Z'],
    ['2024-01-01T00:00:00+08:00', '2023-12-31T16:00:00.000Z'],
    ['2024-01-01T00:00:00-0330', '2024-01-01T03:30:00.000Z'],
    ['2024-01-01T00:00:00+14', '2023-12-31T10:00:00.000Z'],
    ['2024-01-01T00:00:00-14:00', '2024-01-01T14:00:00.000Z'],
    ['2024-01-01T00:00:00-00:00', '2024-01-01T00:00:00.000Z'],
  ])('reads %p as %s', (given, time) => {
    expect(read(given)).toBe(time);
  });

  it.each<[given: unknown, says: RegExp]>([
    [100_000_000, /can only be seconds: multiply it by 1000/],
    [1_704_067_200, /can only be seconds/],
    [99_999_999_999, /can only be seconds/],
    [-1_704_067_200, /can only be seconds/],
    [1_704_067_200.5, /can only be seconds/],
    [100_000_000_000_000, /can only be microseconds: divide it by 1000\)/],
    [1_704_067_200_000_000, /can only be microseconds/],
    [1_704_067_200_000_000_000, /can only be nanoseconds: divide it by 1000000\)/],
    [Number.MAX_VALUE, /can only be nanoseconds/],
    [1.5, /whole epoch milliseconds/],
    [Number.NaN, /a Date, epoch milliseconds, or ISO 8601/],
    [Number.POSITIVE_INFINITY, /a Date, epoch milliseconds/],
    [EARLIEST_MS - 1, /1000 and 9999/],
    [new Date(LATEST_MS + 1), /1000 and 9999/],
    [new Date(Number.NaN), /a valid Date/],
    ['2024-01-01', /with a zone/],
    ['2024-01-01T00:00:00', /with a zone/],
    ['2024-01-01 00:00:00Z', /with a zone/],
    ['2024-01-01T00:00:00z', /with a zone/],
    ['2024-01-01T00:00:00Z ', /with a zone/],
    ['20240101T000000Z', /with a zone/],
    ['+012024-01-01T00:00:00Z', /with a zone/],
    ['now', /with a zone/],
    ['', /with a zone/],
    ['1704067200000', /with a zone/],
    ['2024-01-01T00:00:00.0001Z', /no finer than a millisecond/],
    ['2024-02-30T00:00:00Z', /a date that exists/],
    ['2023-02-29T00:00:00Z', /a date that exists/],
    ['2024-13-01T00:00:00Z', /a date that exists/],
    ['2024-00-01T00:00:00Z', /a date that exists/],
    ['2024-01-01T24:00:00Z', /a date that exists/],
    ['2024-01-01T00:60:00Z', /a date that exists/],
    ['2024-01-01T00:00:60Z', /a date that exists/],
    ['2024-01-01T00:00:00+14:01', /-14:00 and \+14:00/],
    ['2024-01-01T00:00:00+05:60', /-14:00 and \+14:00/],
    ['9999-12-31T23:59:59-01:00', /1000 and 9999/],
    ['0999-12-31T23:59:59Z', /1000 and 9999/],
    [null, /a Date/],
    [undefined, /a Date/],
    [1_704_067_200_000n, /a Date/],
    [{ getTime: () => 0 }, /a Date/],
    [[0], /a Date/],
  ])('refuses %p', (given, says) => {
    expect(parseInstant(given).ok).toBe(false);
    expect(read(given)).toMatch(says);
  });

  it('gives a Date of its own', () => {
    const given = new Date(0);
    const parsed = parseInstant(given);
    expect(parsed).toEqual({ ok: true, value: given });
    expect(parsed.ok && parsed.value !== given).toBe(true);
  });

  it('reads any instant alike in every form and zone', () => {
    const instant = fc.integer({ min: EARLIEST_MS + 86_400_000, max: LATEST_MS - 86_400_000 });
    fc.assert(
      fc.property(instant, fc.integer({ min: -14 * 60, max: 14 * 60 }), (ms, minutes) => {
        const expected = { ok: true, value: new Date(ms) };
        const local = new Date(ms + minutes * 60_000).toISOString().slice(0, -1);
        const part = (value: number): string => String(Math.trunc(Math.abs(value))).padStart(2, '0');
        const zone = `${minutes < 0 ? '-' : '+'}${part(minutes / 60)}:${part(minutes % 60)}`;
        expect(parseInstant(new Date(ms))).toEqual(expected);
        expect(parseInstant(new Date(ms).toISOString())).toEqual(expected);
        expect(parseInstant(local + zone)).toEqual(expected);
        expect(parseInstant(local + zone.replace(':', ''))).toEqual(expected);
        if (Math.abs(ms) >= 1e11 && Math.abs(ms) < 1e14) {
          expect(parseInstant(ms)).toEqual(expected);
        }
      }),
      THOUSAND_RUNS,
    );
  });

  it('throws for nothing', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string(), fc.double()), (input) => {
        const parsed = parseInstant(input);
        expect(parsed.ok ? parsed.value.getTime() : parsed.expected).not.toBeNaN();
      }),
      THOUSAND_RUNS,
    );
  });
});
