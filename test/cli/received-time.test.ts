import { describe, expect, test } from '@jest/globals';
import { receivedMs } from '../../src/cli/replay/capture-line.ts';

describe('the time of reception in a capture', () => {
  test.each([
    ['1652459224.5300605', 1652459224530],
    ['1685221666.47562', 1685221666475],
    ['1685221666.4', 1685221666400],
    ['1685221666', 1685221666000],
    ['1685221666.0009999', 1685221666000],
    ['1649290077.519788', 1649290077519],
  ])('reads %s as %d milliseconds, cut and never rounded', (text, expected) => {
    expect(receivedMs(text)).toBe(expected);
  });

  test.each(['', 'now', '1685221666512', '1685221666.', '.5', '-1685221666.5', '1685221666.5e3', ' 1685221666.5'])(
    'takes %j for no time in seconds',
    (text) => {
      expect(receivedMs(text)).toBeUndefined();
    },
  );
});
