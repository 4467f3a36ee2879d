import fc from 'fast-check';

const PIECES = [
  ...['a', '🚀', '{', '[', ']', '}', ',', ':', '-', '1e309', '9'.repeat(310)],
  ...['\\"', '\\\\', '\\n', '\\/', '\\u0041', '\\\\ud83d', '\\\\\\\\ude80'],
  ...['\\ud83d\\ude80', '\\uD83D\\uDE80', '\\ud83d', '\\ude80', '\\uDBFF', '\\ud83d\\u0041', '\ud83d'],
];
const string = fc.array(fc.constantFrom(...PIECES), { maxLength: 5 }).map((pieces) => `"${pieces.join('')}"`);

const digits = fc
  .tuple(
    fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 5 }) }, fc.integer({ min: 190, max: 320 })),
    fc.nat(9),
  )
  .map(([length, digit]) => String(digit).repeat(length));
const integer = digits.map((text) => text.replace(/^0+(?=.)/, ''));
const number = fc
  .tuple(
    fc.constantFrom('', '-'),
    integer,
    fc.option(digits, { nil: undefined }),
    fc.constantFrom('', '', 'e5', 'e99', 'E+99', 'e-99', 'e107', 'e108', 'e+308', 'E309', 'e0309', 'e-400', 'e+0099'),
  )
  .map(([sign, whole, part, exponent]) => `${sign}${whole}${part === undefined ? '' : `.${part}`}${exponent}`);

const { value } = fc.letrec<{ value: string; list: string; object: string; deep: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(string, number, fc.constantFrom('null', 'true')),
    tie('list'),
    tie('object'),
    tie('deep'),
  ),
  list: fc.array(tie('value'), { maxLength: 3 }).map((parts) => `[${parts.join(', ')}]`),
  object: fc
    .array(fc.tuple(string, tie('value')), { maxLength: 3 })
    .map((fields) => `{${fields.map(([key, held]) => `${key}:${held}`).join(',')}}`),
  deep: fc
    .tuple(fc.integer({ min: 1, max: 33 }), tie('value'))
    .map(([levels, held]) => `${'['.repeat(levels)}${held}${']'.repeat(levels)}`),
}));

/** JSON texts of the sort that is hard to look through, and now and then one that is broken. */
export const jsonTexts: fc.Arbitrary<string> = fc.oneof(
  { weight: 19, arbitrary: value },
  {
    weight: 1,
    arbitrary: fc.tuple(value, fc.nat(40)).map(([text, at]) => text.slice(0, at) + text.slice(at + 1)),
  },
);
