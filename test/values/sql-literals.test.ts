import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LoadDataEncoder } from '../../src/databases/mysql/load-data-encoder.ts';
import { rowLiterals } from '../../src/databases/sql-literals.ts';
import { instantText } from '../../src/time/instant.ts';
import { generatedRuns } from '../support/arbitraries.ts';

const FIRST = Date.UTC(1000, 0, 1);
const LAST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const DAY_MS = 86_400_000;
/** The same, by other means: 2024-01-31T12:00:00.000Z without its letters, and without a fraction of nought. */
const byIso = (ms: number): string =>
  new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/(\.000)?Z$/, '');

describe('the text of an instant', () => {
  it.each([
    [0, '1970-01-01 00:00:00'],
    [1, '1970-01-01 00:00:00.001'],
    [-1, '1969-12-31 23:59:59.999'],
    [-DAY_MS, '1969-12-31 00:00:00'],
    [-1_000, '1969-12-31 23:59:59'],
    [FIRST, '1000-01-01 00:00:00'],
    [LAST, '9999-12-31 23:59:59.999'],
    [Date.UTC(2024, 1, 29, 12, 34, 56, 70), '2024-02-29 12:34:56.070'],
  ])('of %i is %s', (ms, text) => {
    expect(instantText(new Date(ms))).toBe(text);
  });

  it('is what toISOString says, for any millisecond of the years 1000 to 9999', () => {
    const anyDay = fc.integer({ min: FIRST / DAY_MS, max: Math.floor(LAST / DAY_MS) }).map((day) => day * DAY_MS);
    const ms = fc.oneof(
      fc.integer({ min: FIRST, max: LAST }),
      anyDay,
      anyDay.map((midnight) => midnight + DAY_MS - 1),
      fc.integer({ min: -DAY_MS, max: DAY_MS }),
    );
    fc.assert(
      fc.property(ms, (at) => {
        expect(instantText(new Date(at))).toBe(byIso(at));
      }),
      generatedRuns(3_000),
    );
  });

  it('is right for more days than are remembered, also when they come again', () => {
    for (const day of [...Array(2_500).keys(), ...Array(2_500).keys()]) {
      expect(instantText(new Date(day * DAY_MS + 1))).toBe(byIso(day * DAY_MS + 1));
    }
  });
});

describe('a text', () => {
  it.each([
    ['nothing that matters', 'BTC-USDT ? "x" `y` 🚀', '\'BTC-USDT ? "x" `y` 🚀\'', 'BTC-USDT ? "x" `y` 🚀'],
    ['quotes and backslashes', "it's \\", "'it\\'s \\\\'", "it's \\\\"],
    ['what ends a field or a line', 'a\tb\nc\r\n', "'a\tb\nc\r\n'", 'a\\tb\\nc\\r\\n'],
    ['the sign of nothing', '\\N', "'\\\\N'", '\\\\N'],
    ['other control characters', '\u0001\u001a', "'\u0001\u001a'", '\u0001\u001a'],
  ])('with %s is escaped for a statement and for a file', (_what, text, inStatement, inFile) => {
    expect(rowLiterals.text(text)).toBe(inStatement);
    const file = new LoadDataEncoder();
    file.text(text);
    file.endRow();
    expect(file.take().toString()).toBe(`${inFile}\n`);
  });
});
