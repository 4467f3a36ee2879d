import { z } from 'zod';

/** One option: how its value is checked, its default, and how its environment variable is read. */
export interface Option<T, D = undefined> {
  readonly schema: z.ZodType<T>;
  /** What is accepted, in words. */
  readonly expected: string;
  readonly default: D;
  /** Options that hold an object, such as a logger, have none. */
  readonly variable: string | undefined;
  /** The value that the text of a variable stands for; the schema checks it. */
  readonly fromText: (text: string) => unknown;
  /** Whether the value may be a password: then no error shows it. */
  readonly secret: boolean;
  /** Whether only a server has it, and not the embedded file. */
  readonly serverOnly: boolean;
}

/** Options that belong together: `pool.min`, `pool.max`. */
export interface Group<Fields> {
  readonly fields: Fields;
  /** What is accepted, in words. */
  readonly expected: string;
  /** The field that is meant where its value is passed in place of the object: `tls: true`. */
  readonly shorthand: string | undefined;
}

/** The table that a type of options needs: an entry for each of them, of the same type. */
export type TableOf<Options> = {
  readonly [Name in keyof Options]-?:
    | Option<NonNullable<Options[Name]>, NonNullable<Options[Name]> | undefined>
    | Group<TableOf<Extract<NonNullable<Options[Name]>, object>>>;
};

/** The values of a table of options once the defaults are filled in. */
export type Values<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Group<infer Fields>
    ? Values<Fields>
    : Table[Name] extends Option<infer T, infer D>
      ? D extends undefined
        ? T | undefined
        : T
      : never;
};

/** A table as code sees it that walks through one. */
export type Table = Readonly<Record<string, AnyOption | AnyGroup>>;
type AnyOption = Option<unknown, unknown>;
type AnyGroup = Group<Table>;

interface Facts<D> {
  readonly default?: D;
  readonly secret?: boolean;
  readonly serverOnly?: boolean;
}

function option<T, D>(
  schema: z.ZodType<T>,
  expected: string,
  variable: string | undefined,
  fromText: (text: string) => unknown,
  facts: Facts<D> = {},
): Option<T, D> {
  const { secret = false, serverOnly = false } = facts;
  return { schema, expected, default: facts.default as D, variable, fromText, secret, serverOnly };
}

const asItIs = (text: string): string => text;

/** What was expected of a text; `undefined` where nothing is wrong. */
type FaultOf = (value: string) => string | undefined;

const faultOfEmpty: FaultOf = (value) => (value === '' ? 'text that is not empty' : undefined);

function checked(faultOf: FaultOf): z.ZodType<string> {
  return z.string({ error: 'text' }).check(({ value, issues }) => {
    const expected = value.includes('\0') ? 'text without the character U+0000' : faultOf(value);
    if (expected !== undefined) {
      issues.push({ code: 'custom', message: expected, input: value });
    }
  });
}

/** Text, by default one that is not empty. */
export function text<D extends string | undefined = undefined>(
  variable: string,
  facts?: Facts<D>,
  faultOf: FaultOf = faultOfEmpty,
) {
  return option(checked(faultOf), 'text', variable, asItIs, facts);
}

export function whole<D extends number | undefined = undefined>(
  variable: string,
  least: number,
  most: number,
  facts?: Facts<D>,
  unit = '',
) {
  const expected = `a whole number from ${least} to ${most}${unit}`;
  const schema = z.int({ error: expected }).min(least, { error: expected }).max(most, { error: expected });
  return option(schema, expected, variable, (value) => (/^\d{1,10}$/.test(value) ? Number(value) : value), facts);
}

/** Milliseconds, as many as a timer can wait. */
export function milliseconds<D extends number>(variable: string, least: 0 | 1, facts: Facts<D>) {
  return whole(variable, least, 2_147_483_647, facts, ' (milliseconds)');
}

const YES = /^(1|true|yes|on)$/i;
const NO = /^(0|false|no|off)$/i;
const yesOrNo = (value: string): boolean | string => (YES.test(value) ? true : NO.test(value) ? false : value);

export function flag<D extends boolean | undefined = undefined>(variable: string, facts?: Facts<D>) {
  const expected = 'true or false';
  return option(z.boolean({ error: expected }), expected, variable, yesOrNo, facts);
}

/** Yes or no, in a variable that other programs use too: what is not yes counts as no. */
export function sharedFlag<D extends boolean>(variable: string, facts: Facts<D>) {
  return { ...flag(variable, facts), fromText: (value: string) => YES.test(value) };
}

export function flagOr<Word extends string, D extends boolean | Word>(
  variable: string,
  word: Word,
  facts: Facts<D>,
  reason = '',
) {
  const expected = `true, false or '${word}'${reason}`;
  const schema = z.union([z.boolean(), z.literal(word)], { error: expected });
  const fromText = (value: string) => (value.toLowerCase() === word ? word : yesOrNo(value));
  return option<boolean | Word, D>(schema, expected, variable, fromText, facts);
}

/** A list of texts; in a variable, `between` separates them. */
export function list(
  variable: string,
  what: string,
  between: ',' | ';',
  facts: Facts<readonly string[]>,
  faultOf: FaultOf = faultOfEmpty,
) {
  const expected = `a list of ${what}`;
  const schema = z.array(checked(faultOf), { error: expected });
  const parts = (value: string) => value.split(between).flatMap((part) => part.trim() || []);
  return option<readonly string[], readonly string[]>(schema, expected, variable, parts, facts);
}

/** An object or a function, which no variable can hold. */
export function passed<T>(schema: z.ZodType<T>) {
  return option<T, undefined>(schema, '', undefined, asItIs);
}

/** Options in an object of their own. */
export function group<Fields extends Table>(fields: Fields, shorthand?: keyof Fields & string): Group<Fields> {
  const names = Object.keys(fields);
  const object = `an object of ${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  const short = shorthand === undefined ? undefined : (fields[shorthand] as AnyOption).expected;
  return { fields, expected: short === undefined ? object : `${short.replace(' or ', ', ')}, or ${object}`, shorthand };
}

/** The schema of a table: every option may be left out, and no other is accepted. */
export function schemaOf(table: Table, expected: string): z.ZodType {
  const error = (issue: { readonly code: string }) => (issue.code === 'invalid_type' ? expected : undefined);
  const fields = Object.entries(table).map(([name, entry]) => [name, schemaOfEntry(entry).optional()]);
  return z.strictObject(Object.fromEntries(fields), { error });
}

function schemaOfEntry(entry: AnyOption | AnyGroup): z.ZodType {
  if (!('fields' in entry)) {
    return entry.schema;
  }
  const { fields, expected, shorthand } = entry;
  const object = schemaOf(fields, expected);
  return shorthand === undefined
    ? object
    : z.union([schemaOfEntry(fields[shorthand] as AnyOption), object], { error: expected });
}

/** The value that a variable's text stands for, or what was expected in its place. */
export function readVariable(
  { schema, fromText }: AnyOption,
  value: string,
): { readonly value: unknown } | { readonly expected: string } {
  if (typeof value !== 'string') {
    return { expected: 'text' };
  }
  const parsed = schema.safeParse(fromText(value));
  return parsed.success ? { value: parsed.data } : { expected: parsed.error.issues[0]?.message ?? '' };
}

/** Fills in the defaults, and freezes. */
export function withDefaults<T extends Table>(table: T, given: object): Values<T> {
  const values = Object.entries(table).map(([name, entry]) => {
    const value = (given as Readonly<Record<string, unknown>>)[name];
    if ('fields' in entry) {
      return [name, withDefaults(entry.fields, (value ?? {}) as object)];
    }
    return [name, value ?? entry.default];
  });
  return Object.freeze(Object.fromEntries(values)) as Values<T>;
}

/** An option with its path: `pool.min`. */
export interface Leaf {
  readonly path: string;
  readonly option: AnyOption;
}

/** Every option of a table, those of groups included. */
export function leavesOf(table: Table, above = ''): Leaf[] {
  return Object.entries(table).flatMap(([name, entry]) => {
    const path = above + name;
    return 'fields' in entry ? leavesOf(entry.fields, `${path}.`) : [{ path, option: entry }];
  });
}

export function getAt(values: object, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((inner, name) => (inner as Record<string, unknown> | undefined)?.[name], values);
}

export function setAt(values: Record<string, unknown>, path: string, value: unknown): void {
  const [first = '', ...rest] = path.split('.');
  if (rest.length === 0) {
    values[first] = value;
  } else {
    values[first] ??= {};
    setAt(values[first] as Record<string, unknown>, rest.join('.'), value);
  }
}
