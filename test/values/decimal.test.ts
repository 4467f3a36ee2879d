import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addDecimals,
  canonicalDecimal,
  compareDecimals,
  type DecimalFault,
  parseDecimal,
} from '../../src/decimal/decimal.ts';
import { canonical, THOUSAND_RUNS, units } from '../support/arbitraries.ts';

const NINES = `${'9'.repeat(18)}.${'9'.repeat(18)}`;
const signed = fc.tuple(units, fc.boolean()).map(([count, negative]) => (negative ? -count : count));

describe('parseDecimal', () => {
  it.each<[given: string | number, canonical: string]>([
    ['0', '0'],
    ['-0', '0'],
    ['-0.000', '0'],
    ['00012.3400', '12.34'],
    ['1e3', '1000'],
    ['1E+3', '1000'],
    ['1.5e-3', '0.0015'],
    ['0.00012e4', '1.2'],
    ['120e-1', '12'],
    ['0e9999', '0'],
    ['1e-18', '0.000000000000000001'],
    ['-1.10', '-1.1'],
    [NINES, NINES],
    [`-${NINES}`, `-${NINES}`],
    [1e-7, '0.0000001'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e17, '100000000000000000'],
    [-0, '0'],
    [Number.MIN_SAFE_INTEGER, '-9007199254740991'],
  ])('reads %j as %s', (given, text) => {
    expect(parseDecimal(given)).toEqual({ ok: true, value: text });
  });

  it.each<[given: unknown, fault: DecimalFault]>([
    ['', 'not-a-number'],
    [' 1', 'not-a-number'],
    ['1\n', 'not-a-number'],
    ['+1', 'not-a-number'],
    ['.5', 'not-a-number'],
    ['5.', 'not-a-number'],
    ['1,000', 'not-a-number'],
    ['1_000', 'not-a-number'],
    ['--1', 'not-a-number'],
    ['0x1f', 'not-a-number'],
    ['1e', 'not-a-number'],
    ['1e99999', 'not-a-number'],
    ['Infinity', 'not-a-number'],
    ['NaN', 'not-a-number'],
    ['１', 'not-a-number'],
    [Number.NaN, 'not-a-number'],
    [Number.NEGATIVE_INFINITY, 'not-a-number'],
    [1n, 'not-a-number'],
    [null, 'not-a-number'],
    [undefined, 'not-a-number'],
    [['1'], 'not-a-number'],
    [new String('1'), 'not-a-number'],
    ['0'.repeat(401), 'not-a-number'],
    ['1'.repeat(19), 'too-many-integer-digits'],
    ['1e18', 'too-many-integer-digits'],
    [1e18, 'too-many-integer-digits'],
    [Number.MAX_VALUE, 'too-many-integer-digits'],
    ['0.0000000000000000001', 'too-many-fraction-digits'],
    ['1e-19', 'too-many-fraction-digits'],
    [Number.MIN_VALUE, 'too-many-fraction-digits'],
    [`${NINES}1`, 'too-many-fraction-digits'],
  ])('refuses %p: %s', (given, fault) => {
    expect(parseDecimal(given)).toEqual({ ok: false, fault });
  });

  it('takes noughts beyond the digits of the column for what they are', () => {
    expect(parseDecimal(`${'0'.repeat(50)}1.5${'0'.repeat(50)}`)).toEqual({ ok: true, value: '1.5' });
  });

  it('agrees with whole numbers of the last decimal place, however they are written', () => {
    fc.assert(
      fc.property(signed, fc.nat(5), fc.nat(5), fc.nat(40), (count, front, back, point) => {
        const sign = count < 0n ? '-' : '';
        const magnitude = (count < 0n ? -count : count).toString();
        const digits = magnitude.padStart(19, '0');
        const padded = `${sign}${'0'.repeat(front)}${digits.slice(0, -18)}.${digits.slice(-18)}${'0'.repeat(back)}`;
        // the same value with its point elsewhere, and an exponent that makes good for it
        const shifted = `${sign}${magnitude.padStart(41, '0').slice(0, point + 1)}`;
        const rest = magnitude.padStart(41, '0').slice(point + 1);
        const exponent = rest.length - 18;
        const expected = { ok: true, value: canonical(count) };
        expect(parseDecimal(padded)).toEqual(expected);
        expect(parseDecimal(`${shifted}${rest === '' ? '' : `.${rest}`}e${exponent}`)).toEqual(expected);
        expect(parseDecimal(`${sign}${magnitude}E-18`)).toEqual(expected);
      }),
      THOUSAND_RUNS,
    );
  });

  it('agrees with whole numbers on what does not fit', () => {
    const digits = fc.stringMatching(/^\d{1,30}$/);
    fc.assert(
      fc.property(digits, digits, (whole, fraction) => {
        const tooFine = /[1-9]/.test(fraction.slice(18));
        const tooGreat = BigInt(whole) >= 10n ** 18n;
        const count = BigInt(whole) * 10n ** 18n + BigInt(fraction.slice(0, 18).padEnd(18, '0'));
        expect(parseDecimal(`${whole}.${fraction}`)).toEqual(
          tooGreat
            ? { ok: false, fault: 'too-many-integer-digits' }
            : tooFine
              ? { ok: false, fault: 'too-many-fraction-digits' }
              : { ok: true, value: canonical(count) },
        );
      }),
      THOUSAND_RUNS,
    );
  });

  it('reads a number as the text it prints as, or refuses it', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (number) => {
        const parsed = parseDecimal(number);
        if (parsed.ok) {
          expect(Number(parsed.value)).toBe(number === 0 ? 0 : number);
        } else {
          expect(Math.abs(number) >= 1e17 || !Number.isInteger(number * 1e12)).toBe(true);
        }
      }),
      THOUSAND_RUNS,
    );
  });
});

describe('canonicalDecimal', () => {
  it('reads what a database pads', () => {
    expect(canonicalDecimal('000000000000042000.100000000000000000')).toBe('42000.1');
  });

  it('throws for what is no decimal', () => {
    expect(() => canonicalDecimal('NaN')).toThrow(/not a DECIMAL\(36,18\): NaN/);
  });
});

describe('compareDecimals', () => {
  it('orders as the values do', () => {
    fc.assert(
      fc.property(signed, signed, (a, b) => {
        expect(Math.sign(compareDecimals(canonical(a), canonical(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
      THOUSAND_RUNS,
    );
  });

  it.each([
    ['9', '10', -1],
    ['0.1', '0.09', 1],
    ['-2', '1', -1],
    ['-2', '-10', 1],
    ['1', '1.000000000000000001', -1],
    ['5', '5', 0],
  ])('%s against %s', (a, b, sign) => {
    expect(Math.sign(compareDecimals(a, b))).toBe(sign);
  });
});

describe('addDecimals', () => {
  it('is what whole numbers of the last place add up to, or nothing where that does not fit', () => {
    fc.assert(
      fc.property(signed, signed, (a, b) => {
        const sum = a + b;
        const fits = sum < 10n ** 36n && sum > -(10n ** 36n);
        expect(addDecimals(canonical(a), canonical(b))).toBe(fits ? canonical(sum) : undefined);
      }),
    );
  });
});
