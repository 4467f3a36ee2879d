import type { Chooser } from './chooser.ts';

/** Values of every type, most of which have no place in a row. */
const ODD_VALUES: readonly unknown[] = [
  ...[undefined, null, true, false, '', ' ', 'x', ' x', 'x\n', 'a\0b', '\ud83d', '🚀'.repeat(32), '🚀'.repeat(33)],
  ...['x'.repeat(32), 'x'.repeat(33), 'x'.repeat(64), 'x'.repeat(65), 'NULL', '\\N', "it's", 'a\u0001b', 'e\u0301'],
  ...[
    0,
    -0,
    1,
    -1,
    0.1,
    0.5,
    1e-7,
    1e-19,
    1e21,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    2 ** 32 - 1,
    2 ** 32,
    2 ** 53,
    42_005,
  ],
  ...['0', '-0', '-0.0', '00', '01.10', '1.', '.5', '+1', '1e-7', '1e-19', '1E21', '1_000', '0x10', 'NaN', '-1'],
  ...['9'.repeat(18), '9'.repeat(19), `0.${'9'.repeat(18)}`, `0.${'9'.repeat(19)}`, `1${'0'.repeat(400)}`, '1e5000'],
  ...[1_704_067_200, 1_704_067_200_000, 1_704_067_200_000.5, 1_704_067_200_000_000, -1_000, 8.64e15],
  ...['2024-01-01T00:00:00Z', '2024-01-01T00:00:00.0000000Z', '2024-01-01T00:00:00.0001Z', '2024-01-01'],
  ...['2024-02-30T00:00:00Z', '2024-01-01T08:00+08', '2024-01-01T00:00:00,500Z', '0999-12-31T23:59:59Z'],
  ...[
    new Date(1_704_067_200_000),
    new Date(Number.NaN),
    new Date(-1),
    new Date(8.64e15),
    Object.create(Date.prototype),
  ],
  ...['1m', '1M', '7m', 'toString', [], ['1'], {}, { a: 1 }, Object('1'), Object(1), 1n, Symbol('x'), () => '1'],
];

/** Puts an odd value into a field, takes the field away, or gives the object another form. */
export function bend(object: Record<string, unknown>, fields: readonly string[], chooser: Chooser): unknown {
  const field = chooser.of(fields);
  const held = object[field];
  const { [field]: _left, ...rest } = object;
  switch (chooser.below(16)) {
    case 0:
      return rest;
    case 1:
      return { ...object, [chooser.of(['extra', 'Symbol', 'open_', '__proto', 'constructor', ''])]: 1 };
    case 2:
      return Object.assign(Object.create(null), object);
    case 3:
      return Object.assign(Object.create({ [field]: held }), rest);
    case 4:
      return Object.assign(new (class Row {})(), object);
    case 5:
      return Object.defineProperty(rest, field, { enumerable: chooser.percent(50), get: () => held });
    case 6:
      return Object.defineProperty(rest, field, {
        enumerable: true,
        get: () => {
          throw new Error('read');
        },
      });
    case 7:
      return { ...object, [Symbol('extra')]: 1 };
    case 8:
      return Object.defineProperty({ ...object }, 'extra', { enumerable: false, value: 1 });
    case 9:
      return chooser.percent(50) ? new Proxy(object, {}) : Object.freeze({ ...object });
    case 10:
      return chooser.of<unknown>([JSON.parse('{"__proto__":{"a":1}}'), [object], chooser.of(ODD_VALUES), new Map()]);
    default:
      return { ...object, [field]: chooser.of(ODD_VALUES) };
  }
}
