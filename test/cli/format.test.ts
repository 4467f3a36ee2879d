import { describe, expect, test } from '@jest/globals';
import { alignPoints, formatBytes, formatTime, plural } from '../../src/cli/format.ts';
import { printable, printableLines, printableName } from '../../src/text/printable.ts';

describe('what people read', () => {
  test('has the points of decimals in one line', () => {
    expect(alignPoints(['0.9981', '1880', '2.5'])).toEqual(['0.9981', '1880     ', '2.5   ']);
  });

  test('shows control characters instead of sending them to the terminal', () => {
    expect(printable('a\u001b[2Jb\nc')).toBe('a\\u001b[2Jb\\u000ac');
  });

  test('keeps the lines of what is written, and JSON the JSON that it is', () => {
    const evil = 'a\u001b\u0000\u007f\u009b\u202a\u202e\u2066\u2069\u2028\u200fé🚀';
    expect(printableLines(`${evil}\nb`)).toBe(
      'a\\u001b\\u0000\\u007f\\u009b\\u202a\\u202e\\u2066\\u2069\\u2028\\u200fé🚀\nb',
    );
    expect(JSON.parse(printableLines(JSON.stringify({ [evil]: [evil] }, undefined, 2)))).toEqual({ [evil]: [evil] });
  });

  test('quotes a name in a log that could be taken for something else', () => {
    expect(['BTC-USDT', 'a b', 'a\u001b\u009b', ''].map(printableName)).toEqual([
      'BTC-USDT',
      '"a b"',
      '"a\\u001b\\u009b"',
      '""',
    ]);
  });

  test('has sizes in their largest unit and times in UTC', () => {
    expect(formatBytes(999)).toBe('999 bytes');
    expect(formatBytes(1_400_000)).toBe('1.4 MB');
    expect(formatTime(new Date(Date.UTC(2024, 0, 1)))).toBe('2024-01-01T00:00:00Z');
    expect(formatTime(null)).toBe('-');
  });

  test('counts one thing and several', () => {
    expect(plural(1, 'row')).toBe('1 row');
    expect(plural(1234, 'row')).toBe('1,234 rows');
  });
});
