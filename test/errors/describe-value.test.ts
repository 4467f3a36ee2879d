import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { describeValue } from '../../src/schemas/describe-value.ts';
import { THOUSAND_RUNS } from '../support/arbitraries.ts';

describe('describeValue', () => {
  it.each<[value: unknown, text: string]>([
    [undefined, 'nothing'],
    [null, 'null'],
    ['', '""'],
    ['a "b"\n', '"a \\"b\\"\\n"'],
    ['x'.repeat(60), `"${'x'.repeat(60)}"`],
    ['x'.repeat(61), `"${'x'.repeat(60)}"… (61 characters)`],
    [1.5, '1.5'],
    [Number.NaN, 'NaN'],
    [true, 'true'],
    [12n, '12n'],
    [new Date(0), '1970-01-01T00:00:00.000Z'],
    [new Date('x'), 'an invalid Date'],
    [[1, 2], 'an array of 2'],
    [{ password: 'secret' }, 'an object'],
    [new Map(), 'an object'],
    [() => 1, 'a function'],
    [Symbol('s'), 'a symbol'],
  ])('calls %p %s', (value, text) => {
    expect(describeValue(value)).toBe(text);
  });

  it('throws for nothing: neither what looks like a Date nor a proxy that is revoked', () => {
    expect(describeValue(Object.create(Date.prototype))).toBe('an object');
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(describeValue(proxy)).toBe('an object');
  });

  it('is short, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.anything({ withBigInt: true, withDate: true }), fc.string({ maxLength: 500 })),
        (value) => {
          expect(describeValue(value).length).toBeLessThan(450);
        },
      ),
      THOUSAND_RUNS,
    );
  });
});
