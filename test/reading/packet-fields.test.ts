import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RowDecoder } from '../../src/databases/mysql/row-decoder.ts';
import { canonical, THOUSAND_RUNS, units } from '../support/arbitraries.ts';

/** A row as servers send it: each field with its length before it. The bytes around it belong to others. */
function rowOf(...fields: (string | Buffer | null)[]): RowDecoder {
  const [before, after] = [Buffer.alloc(4, 0xfe), Buffer.alloc(8, '7')];
  const row = fields.map((field) => (field === null ? Buffer.from([0xfb]) : withLength(Buffer.from(field))));
  const read = new RowDecoder(() => undefined);
  read.onRow({ buffer: Buffer.concat([before, ...row, after]), offset: before.length });
  return read;
}

/** Source: MySQL Internals, "Length-Encoded Integer". */
function withLength(bytes: Buffer, form = formOf(bytes.length)): Buffer {
  const lengths = { 1: [bytes.length], 2: [0xfc, ...low(2)], 3: [0xfd, ...low(3)], 8: [0xfe, ...low(8)] } as const;
  function low(count: number): number[] {
    return Array.from({ length: count }, (_, index) => Math.floor(bytes.length / 256 ** index) % 256);
  }
  return Buffer.concat([Buffer.from(lengths[form]), bytes]);
}

function formOf(length: number): 1 | 2 | 3 | 8 {
  return length < 251 ? 1 : length < 65_536 ? 2 : length < 16_777_216 ? 3 : 8;
}

const stored = (decimal: string): string => {
  const [integer, fraction = ''] = decimal.split('.');
  return `${integer}.${fraction.padEnd(18, '0')}`;
};

describe('the fields of a packet', () => {
  it.each([0, 1, 250, 251, 252, 253, 254, 255, 256, 65_535, 65_536, 70_000, 16_777_215, 16_777_216])(
    'are texts of %i bytes, and what follows them',
    (length) => {
      const long = 'x'.repeat(length);
      const fields = rowOf('before', long, 'after');
      expect(fields.text()).toBe('before');
      expect(fields.text() === long).toBe(true);
      expect(fields.text()).toBe('after');
    },
  );

  it.each([2, 3, 8] as const)('may have a length of %i bytes where one would do', (form) => {
    const fields = rowOf();
    const buffer = Buffer.concat([withLength(Buffer.from('short'), form), withLength(Buffer.from('next'))]);
    fields.onRow({ buffer, offset: 0 });
    expect([fields.text(), fields.text()]).toEqual(['short', 'next']);
  });

  it.each(['text', 'decimal', 'double', 'instant'] as const)('are no %s where they are null', (read) => {
    expect(() => rowOf(null, '1')[read]()).toThrow(/NULL/);
  });

  it('are passed over where they are null, and only there', () => {
    const fields = rowOf(null, '1', '2');
    expect(fields.skipNull()).toBe(true);
    expect(fields.skipNull()).toBe(false);
    expect([fields.text(), fields.text()]).toEqual(['1', '2']);
  });

  it('are read again from each packet that is opened', () => {
    const fields = rowOf('first', '1');
    fields.text();
    fields.onRow({ buffer: withLength(Buffer.from('second')), offset: 0 });
    expect(fields.text()).toBe('second');
  });

  it('are texts in UTF-8', () => {
    const fields = rowOf('币安 🚀 é', '\ufeffa');
    expect([fields.text(), fields.text()]).toEqual(['币安 🚀 é', '\ufeffa']);
  });

  describe('that are integers', () => {
    it.each<[text: string | null, value: number | null]>([
      ['0', 0],
      ['1', 1],
      ['-1', -1],
      ['4294967295', 4_294_967_295],
      ['-9007199254740991', Number.MIN_SAFE_INTEGER],
      [null, null],
    ])('are read: %s', (text, value) => {
      const fields = rowOf(text, 'after');
      expect(fields.integer()).toBe(value);
      expect(fields.text()).toBe('after');
    });
  });

  describe('that are decimals', () => {
    it.each([
      ['0.000000000000000000', '0'],
      ['100.000000000000000000', '100'],
      ['1000.500000000000000000', '1000.5'],
      ['0.000000000000000001', '0.000000000000000001'],
      ['10.010000000000000000', '10.01'],
      ['-10.100000000000000000', '-10.1'],
      ['-100.000000000000000000', '-100'],
      ['-0.000000000000000010', '-0.00000000000000001'],
      ['999999999999999999.999999999999999999', '999999999999999999.999999999999999999'],
      ['100', '100'],
      ['0', '0'],
    ])('are read in canonical form: %s', (text, decimal) => {
      const fields = rowOf(text, text, 'after');
      expect(fields.decimal()).toBe(decimal);
      expect(Object.is(fields.double(), Number(text))).toBe(true);
      expect(fields.text()).toBe('after');
    });

    it('are read in canonical form, and as the nearest double, whatever they are', () => {
      fc.assert(
        fc.property(units, fc.boolean(), (count, negative) => {
          const decimal = canonical(negative ? -count : count);
          const fields = rowOf(stored(decimal), stored(decimal));
          expect(fields.decimal()).toBe(decimal);
          expect(Object.is(fields.double(), Number(decimal))).toBe(true);
        }),
        THOUSAND_RUNS,
      );
    });

    it('are the nearest doubles where doubles stop holding every whole number', () => {
      const border = 2n ** 53n;
      for (let near = border - 70n; near <= border + 70n; near += 1n) {
        for (let places = 0; places <= 18; places += 1) {
          // the same digits with the point further and further to the left
          const decimal = canonical(near * 10n ** BigInt(18 - places));
          for (const text of [decimal, `-${decimal}`]) {
            expect([text, rowOf(stored(text)).double()]).toEqual([text, Number(text)]);
          }
        }
      }
    });
  });

  describe('that are instants', () => {
    it.each(['2024-02-30 00:00:00', '2023-02-29 00:00:00', '0000-00-00 00:00:00', '2024-04-31 12:00:00.001'])(
      'are no %s, which never was',
      (text) => {
        expect(() => rowOf(text).instant()).toThrow('a date that does not exist');
      },
    );

    it.each([
      '1970-01-01T00:00:00.000Z',
      '1969-12-31T23:59:59.999Z',
      '1000-01-01T00:00:00.000Z',
      '1582-10-10T12:00:00.001Z',
      '2000-02-29T23:59:59.999Z',
      '2024-12-31T23:59:59.120Z',
      '9999-12-31T23:59:59.999Z',
    ])('are UTC: %s', (iso) => {
      const text = iso.replace('T', ' ').replace('Z', '');
      const fields = rowOf(text, text.slice(0, 19), 'after');
      expect(new Date(fields.instant()).toISOString()).toBe(iso);
      expect(new Date(fields.instant()).toISOString()).toBe(`${iso.slice(0, 19)}.000Z`);
      expect(fields.text()).toBe('after');
    });

    it('are told apart on the same day, on another one and on the first again', () => {
      const times = ['2024-02-28 23:59:59.999', '2024-02-29 00:00:00.000', '2024-02-28 00:00:00.001'];
      const fields = rowOf(...times);
      expect(times.map(() => fields.instant())).toEqual(times.map((time) => Date.parse(`${time.replace(' ', 'T')}Z`)));
    });

    it('are what they were, whatever they are', () => {
      const years = { min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z') };
      fc.assert(
        fc.property(fc.date({ ...years, noInvalidDate: true }), (date) => {
          const text = date.toISOString().replace('T', ' ').replace('Z', '');
          expect(rowOf(text).instant()).toBe(date.getTime());
        }),
        THOUSAND_RUNS,
      );
    });
  });
});
