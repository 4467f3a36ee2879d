import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { findJsonTextFault } from '../../src/schemas/json-text.ts';
import { findJsonFault, JSON_DEPTH } from '../../src/schemas/json-value.ts';
import { THOUSAND_RUNS } from '../support/arbitraries.ts';
import { jsonTexts } from '../support/json-texts.ts';
import { cyclic } from '../support/refused.ts';

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
const nestedText = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);

describe('findJsonFault', () => {
  it.each([
    [null],
    [true],
    [''],
    ['🚀'],
    [-0],
    [Number.MAX_VALUE],
    [[]],
    [{ a: undefined, b: [null, { c: 'x' }] }],
    [Object.create(null) as object],
    [nested(JSON_DEPTH)],
  ])('finds none in %p', (value) => {
    expect(findJsonFault(value)).toBeUndefined();
  });

  it.each<[value: unknown, path: (string | number)[], expected: RegExp]>([
    [undefined, [], /a JSON value/],
    [Number.NaN, [], /a finite number/],
    [[1, [Number.NEGATIVE_INFINITY]], [1, 0], /a finite number/],
    [{ a: { b: 1n } }, ['a', 'b'], /a JSON value/],
    [{ a: Symbol('x') }, ['a'], /a JSON value/],
    [[() => 1], [0], /a JSON value/],
    [[undefined], [0], /a JSON value/],
    [new Array(2), [0], /a JSON value/],
    [{ a: 'x\ud800' }, ['a'], /surrogate/],
    [{ '\udc00': 1 }, ['\udc00'], /a key without/],
    [new Date(0), [], /a plain object or array/],
    [{ a: new Map() }, ['a'], /a plain object or array/],
    [{ a: new (class Price {})() }, ['a'], /a plain object or array/],
    [new Uint8Array(1), [], /a plain object or array/],
    [new Number(1), [], /a plain object or array/],
    [nested(JSON_DEPTH + 1), new Array(JSON_DEPTH).fill(0), /at most 31 levels/],
    [cyclic(), new Array(JSON_DEPTH).fill('self'), /at most 31 levels/],
  ])('finds the one in %p', (value, path, expected) => {
    const fault = findJsonFault(value);
    expect(fault?.path).toEqual(path);
    expect(fault?.expected).toMatch(expected);
  });

  it('finds none exactly where JSON gives back what it was given', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: false, maxDepth: 4 }), (value) => {
        if (findJsonFault(value) === undefined) {
          const back = JSON.parse(JSON.stringify(value)) as unknown;
          expect(JSON.stringify(back)).toBe(JSON.stringify(value));
        }
      }),
      THOUSAND_RUNS,
    );
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' }), (value) => {
        expect(findJsonFault(value)).toBeUndefined();
      }),
      THOUSAND_RUNS,
    );
  });
});

/** Every fault of a text, found by reading it letter by letter: what {@link findJsonTextFault} does in a hurry. */
function faultsOf(text: string): Set<string> {
  const faults = new Set<string>();
  try {
    JSON.parse(text);
  } catch {
    return faults.add('not JSON');
  }
  if (!text.isWellFormed()) {
    faults.add('half a pair');
  }
  let depth = 0;
  for (let rest = text; rest !== ''; ) {
    const part = (/^"(?:[^"\\]|\\.)*"|^-?\d[\d.eE+-]*|^./s.exec(rest) as RegExpExecArray)[0];
    rest = rest.slice(part.length);
    depth += '[{'.includes(part) ? 1 : ']}'.includes(part) ? -1 : 0;
    if (depth > JSON_DEPTH) {
      faults.add('too deep');
    }
    if (part.startsWith('"') && !(JSON.parse(part) as string).isWellFormed()) {
      faults.add('half a pair');
    }
    if (/^[-\d]/.test(part) && !Number.isFinite(Number(part))) {
      faults.add('too large a number');
    }
  }
  return faults;
}

const SAYS = [
  ['not JSON', /^JSON text$/],
  ['half a pair', /^text without half a surrogate pair$/],
  ['too deep', /^JSON of at most 31 levels of nesting$/],
  ['too large a number', /^JSON whose numbers a double can hold/],
] as const;

describe('findJsonTextFault', () => {
  it.each([
    '1',
    ' null ',
    '{"a":[1,-2.5e-3,"x\\"[{",true]}',
    '"\\ud83d\\ude80"',
    '"\\\\ud800"',
    '{"a":1e308,"a":123456789012345678901234567890}',
    `"${nestedText(99)}"`,
    nestedText(JSON_DEPTH),
    `[${nestedText(JSON_DEPTH - 1)},${nestedText(JSON_DEPTH - 1)}]`,
  ])('finds none in %s', (text) => {
    expect(findJsonTextFault(text)).toBeUndefined();
  });

  it.each<[text: string, expected: RegExp]>([
    ['', /^JSON text$/],
    ['pong', /^JSON text$/],
    ["{'a':1}", /^JSON text$/],
    ['[1,]', /^JSON text$/],
    ['NaN', /^JSON text$/],
    ['{"a":1} x', /^JSON text$/],
    ['"\ud800"', /surrogate/],
    ['"\\ud800"', /surrogate/],
    ['{"\\udfff":1}', /surrogate/],
    ['{"a":"\\ud83d","a":1}', /surrogate/],
    [nestedText(JSON_DEPTH + 1), /at most 31 levels/],
    [`{"a":${nestedText(JSON_DEPTH)},"a":1}`, /at most 31 levels/],
    ['[1e309]', /a double can hold/],
    ['{"a":-1e999,"a":1}', /a double can hold/],
    ['9'.repeat(400), /a double can hold/],
  ])('finds the one in %s', (text, expected) => {
    expect(findJsonTextFault(text)).toMatch(expected);
  });

  it('finds in any text what reading it letter by letter finds', () => {
    const met = new Map<string, number>();
    fc.assert(
      fc.property(jsonTexts, (text) => {
        const faults = faultsOf(text);
        const [name = 'none', says] = SAYS.find(([fault]) => faults.has(fault)) ?? [];
        met.set(name, (met.get(name) ?? 0) + 1);
        const found = findJsonTextFault(text);
        if (says === undefined) {
          expect(found).toBeUndefined();
        } else {
          expect(found).toMatch(says);
        }
      }),
      { seed: 20_240_101, numRuns: 6_000 },
    );
    // each of them was really there to be found
    for (const name of ['none', ...SAYS.map(([fault]) => fault)]) {
      expect([name, met.get(name)]).toEqual([name, expect.any(Number)]);
      expect(met.get(name)).toBeGreaterThan(100);
    }
  });

  it('finds none in what JSON.stringify writes', () => {
    const value = fc.jsonValue({ maxDepth: 6, stringUnit: 'binary' });
    fc.assert(
      fc.property(value, fc.nat(3), (given, indent) => {
        expect(findJsonTextFault(JSON.stringify(given, null, indent))).toBeUndefined();
      }),
      THOUSAND_RUNS,
    );
  });
});
