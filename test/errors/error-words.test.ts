import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { checkOptions, isObject, optionsSchema } from '../../src/config/check-options.ts';
import { fieldsAt } from '../../src/config/schema-fields.ts';
import type { Issue } from '../../src/errors/issue.ts';
import { botSchema } from '../../src/schemas/bot.schema.ts';
import { candleSchema } from '../../src/schemas/candle.schema.ts';
import { marketDataPointSchema } from '../../src/schemas/market-data-point.schema.ts';
import { check } from '../../src/schemas/parse.ts';

/** What zod says wherever the schema has no words of its own. */
const ZODS_OWN = 'words of zod';

const MADE: Readonly<Record<string, z.ZodType>> = {
  candleSchema: candleSchema(() => 'okx'),
  botSchema: botSchema(() => 'okx'),
  pointSchema: marketDataPointSchema(() => 'okx', { timestampRequired: true }),
  laxPointSchema: marketDataPointSchema(() => 'okx', { timestampRequired: false }),
};

/** Every schema there is, those of new files included. */
const SCHEMAS: [string, z.ZodType][] = Object.entries(MADE);
for (const file of readdirSync('src/schemas').filter((name) => name.endsWith('.ts'))) {
  const exported = (await import(`../../src/schemas/${file}`)) as Readonly<Record<string, unknown>>;
  SCHEMAS.push(
    ...Object.entries(exported).flatMap(([name, value]): [string, z.ZodType][] =>
      typeof value === 'object' && value !== null && '_zod' in value ? [[name, value as z.ZodType]] : [],
    ),
  );
}

const FAULTS: readonly unknown[] = [
  null,
  '',
  'a text',
  'x'.repeat(1_000),
  ' blank ',
  'a\0b',
  '1704067200000',
  0,
  -1,
  1.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e20,
  2 ** 53,
  true,
  10n,
  Symbol('one'),
  () => 1,
  new Date(Number.NaN),
  {},
  { unknown: 1 },
  [],
  [1],
  [''],
  [{}],
];

/** An input whose one field has a fault. */
function inputAt(path: string, fault: unknown): unknown {
  return path.split('.').reduceRight<unknown>((value, name) => ({ [name]: value }), fault);
}

function inputsOf(schema: z.core.$ZodType): unknown[] {
  return [...FAULTS, undefined, ...fieldsAt(schema, []).flatMap((path) => FAULTS.map((fault) => inputAt(path, fault)))];
}

describe('the words for a fault', () => {
  let before: z.core.$ZodConfig['customError'];

  beforeAll(() => {
    before = z.config().customError;
    z.config({ customError: () => ZODS_OWN });
  });
  afterAll(() => {
    z.config({ customError: before });
  });

  it('is looked at in every schema there is', () => {
    expect(SCHEMAS.length).toBeGreaterThan(25);
  });

  it.each(SCHEMAS)('by %s is never in the words of zod', (_name, schema) => {
    for (const input of inputsOf(schema)) {
      const checked = check(schema, input);
      expectOwnWords(checked.ok ? [] : checked.issues);
    }
  });

  it('by the options of an instance is never in the words of zod, and never shows a value', () => {
    const inputs = inputsOf(optionsSchema).filter((input) => isObject(input));
    for (const input of inputs) {
      const issues: Issue[] = [];
      checkOptions('test', input, issues);
      expectOwnWords(issues);
      expect(issues.map(({ received }) => received)).toEqual(issues.map(() => 'something else'));
    }
  });

  function expectOwnWords(issues: readonly Issue[]): void {
    const words = issues.map(({ path, expected }) => `${path}: ${expected}`);
    expect(words.filter((text) => text.includes(ZODS_OWN) || /Invalid|Too (big|small)|undefined/.test(text))).toEqual(
      [],
    );
  }
});
