import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { padDecimal, unpadDecimal } from '../../src/databases/column-storage.ts';
import { ArrayFields } from '../../src/databases/sqlite/array-fields.ts';
import { canonical, THOUSAND_RUNS, units } from '../support/arbitraries.ts';

const decimals = fc.tuple(units, fc.boolean()).map(([count, negative]) => canonical(negative ? -count : count));

describe('the fields of an array', () => {
  it('are read one after another, and again from each array that is opened', () => {
    const fields = new ArrayFields();
    fields.open(['text', 7n, null, -3n, 1_704_067_200_123n, '000000000000000012.500000000000000000']);
    expect(fields.text()).toBe('text');
    expect([fields.integer(), fields.integer(), fields.integer()]).toEqual([7, null, -3]);
    expect(fields.instant()).toBe(1_704_067_200_123);
    expect(fields.decimal()).toBe('12.5');
    fields.open(['000000000000000012.500000000000000000']);
    expect(fields.double()).toBe(12.5);
  });

  it.each(['text', 'decimal', 'double', 'instant'] as const)('are no %s where they are null, or not there', (read) => {
    const fields = new ArrayFields();
    fields.open([null]);
    expect(() => fields[read]()).toThrow(/NULL/);
    expect(() => fields[read]()).toThrow(/NULL/);
  });

  it('are the decimals that were stored, in canonical form and as the nearest doubles', () => {
    fc.assert(
      fc.property(decimals, (decimal) => {
        const fields = new ArrayFields();
        const stored = padDecimal(decimal);
        fields.open([stored, stored]);
        expect(fields.decimal()).toBe(decimal);
        expect(Object.is(fields.double(), Number(decimal))).toBe(true);
      }),
      THOUSAND_RUNS,
    );
  });
});

describe('a decimal that was padded', () => {
  it.each([
    '0',
    '1',
    '100',
    '1000.5',
    '0.000000000000000001',
    '-0.5',
    '-100',
    '-12345678901234567890.1234567890123456789',
    '12345678901234567890',
    '999999999999999999.999999999999999999',
  ])('is what it was: %s', (decimal) => {
    expect(unpadDecimal(padDecimal(decimal))).toBe(decimal);
  });

  it('has the order of the numbers, also with the digits of a sum or an average', () => {
    const scale = 10n ** 22n;
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 44n), 10n ** 44n),
        fc.bigInt(-(10n ** 44n), 10n ** 44n),
        fc.nat(40),
        (a, b, fewer) => {
          const [left, right] = [a / 10n ** BigInt(fewer), b / 10n ** BigInt(fewer)];
          const text = (units: bigint): string => {
            const size = units < 0n ? -units : units;
            const fraction = String(size % scale)
              .padStart(22, '0')
              .replace(/0+$/, '');
            return `${units < 0n ? '-' : ''}${size / scale}${fraction === '' ? '' : `.${fraction}`}`;
          };
          const [first, second] = [left, right].map((units) => Buffer.from(padDecimal(text(units))));
          expect(Math.sign(Buffer.compare(first as Buffer, second as Buffer))).toBe(
            left < right ? -1 : left > right ? 1 : 0,
          );
          expect(unpadDecimal(String(first))).toBe(text(left));
        },
      ),
      THOUSAND_RUNS,
    );
  });

  it.each(['-1', '-1.00000000000000000001', '-1.0000000000000000001'])(
    'stands where it belongs beside -1.5: %s',
    (other) => {
      expect(padDecimal(other) > padDecimal('-1.5')).toBe(true);
      expect(padDecimal(other) <= padDecimal('-1')).toBe(true);
    },
  );
});
