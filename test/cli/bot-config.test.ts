import { describe, expect, test } from '@jest/globals';
import { parseConfig } from '../../src/cli/commands/bot-options.ts';

describe('the configuration of a bot on the command line', () => {
  test('is a JSON object, or null', () => {
    expect(parseConfig('{"levels":10,"step":"0.123456789012345678"}')).toEqual({
      levels: 10,
      step: '0.123456789012345678',
    });
    expect(parseConfig('null')).toBeNull();
  });

  test.each(['{', '[1]', '"text"', '1'])('%s is refused', (text) => {
    expect(() => parseConfig(text)).toThrow('--config must be a JSON object');
  });

  test('is refused where a number would be stored rounded', () => {
    expect(() => parseConfig('{"step":0.123456789012345678}')).toThrow('write 0.123456789012345678');
    expect(parseConfig('{"step":0.10,"size":1e3}')).toEqual({ step: 0.1, size: 1000 });
  });
});
