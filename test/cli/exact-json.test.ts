import { describe, expect, test } from '@jest/globals';
import { parseExact } from '../../src/cli/exact-json.ts';

describe('exact JSON', () => {
  test('keeps every digit of a number as text', () => {
    expect(parseExact('[0.123456789012345678, 1e-7, 10.50, -0, 123456789012345678901]')).toEqual([
      '0.123456789012345678',
      '1e-7',
      '10.50',
      '-0',
      '123456789012345678901',
    ]);
  });

  test('leaves texts, flags, null and nesting as they are', () => {
    expect(parseExact('{"a":["1",true,null,{"b":2}]}')).toEqual({ a: ['1', true, null, { b: '2' }] });
  });

  test('throws where the text is cut off', () => {
    expect(() => parseExact('{"a":[1,')).toThrow(SyntaxError);
  });
});
