import { describe, expect, test } from '@jest/globals';
import { requireDistance } from '../../src/cli/import/row-distance.ts';

const START = Date.UTC(2025, 0, 1);
const HOUR = 3_600_000;

describe('the distance of rows', () => {
  test('may be the timeframe or more, in any order, with rows given twice', () => {
    expect(() => requireDistance('a', [START + 3 * HOUR, START, START, START + HOUR], '1h')).not.toThrow();
    expect(() => requireDistance('a', [], '1h')).not.toThrow();
    expect(() => requireDistance('a', [START, START + 1], '1M')).not.toThrow();
  });

  test('is named where it is less', () => {
    expect(() => requireDistance('a', [START + 90_000, START], '1h')).toThrow('a: the rows are 90 s apart');
    expect(() => requireDistance('a', [START, START + HOUR], '1d')).toThrow('are 1h apart; is --timeframe 1d right?');
  });

  test('is not looked for among times in seconds or microseconds, which are rejected by themselves', () => {
    expect(() => requireDistance('a', [START / 1000, START / 1000 + 3_600], '1h')).not.toThrow();
    expect(() => requireDistance('a', [START * 1000, START * 1000 + 1], '1h')).not.toThrow();
  });
});
