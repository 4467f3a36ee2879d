/** MariaDB rejects JSON that is nested deeper than this. The same limit holds on every database. */
export const JSON_DEPTH = 31;

/** The longest key that MySQL accepts in a JSON column. */
const JSON_KEY_BYTES = 65_535;

/** A value that JSON can hold without loss. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

/** The place where a value is not JSON, and what was expected there. */
export interface JsonFault {
  readonly path: (string | number)[];
  readonly expected: string;
  readonly received: unknown;
}

/**
 * Finds the first part of a value that JSON would drop, change or refuse: functions, dates, NaN, bigints, half surrogate
 * pairs, cycles, or more nesting than every database accepts. A property that is `undefined` counts as absent.
 */
export function findJsonFault(value: unknown, path: (string | number)[] = []): JsonFault | undefined {
  const fault = (expected: string): JsonFault => ({ path, expected, received: value });
  if (value === null || typeof value === 'boolean') {
    return undefined;
  }
  if (typeof value === 'string') {
    return value.isWellFormed() ? undefined : fault('text without half a surrogate pair');
  }
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : fault('a finite number (write larger ones as text)');
  }
  if (typeof value !== 'object') {
    return fault('a JSON value');
  }
  if (path.length >= JSON_DEPTH) {
    return fault(`at most ${JSON_DEPTH} levels of nesting`);
  }
  if (Array.isArray(value)) {
    return findInList(value, path);
  }
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) {
    return fault('text, a plain object or array (of the bytes that a socket hands over, their toString())');
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    return fault('a plain object or array');
  }
  return findInObject(value, path);
}

function findInList(values: readonly unknown[], path: (string | number)[]): JsonFault | undefined {
  // by index, so that a hole in the array is found: JSON would turn it into null
  for (let index = 0; index < values.length; index += 1) {
    const fault = findJsonFault(values[index], [...path, index]);
    if (fault !== undefined) {
      return fault;
    }
  }
  return undefined;
}

function findInObject(object: object, path: (string | number)[]): JsonFault | undefined {
  for (const [key, value] of Object.entries(object)) {
    if (!key.isWellFormed()) {
      return { path: [...path, key], expected: 'a key without half a surrogate pair', received: key };
    }
    if (key.length > JSON_KEY_BYTES / 4 && Buffer.byteLength(key) > JSON_KEY_BYTES) {
      return { path, expected: `keys of at most ${JSON_KEY_BYTES} bytes`, received: key };
    }
    const fault = value === undefined ? undefined : findJsonFault(value, [...path, key]);
    if (fault !== undefined) {
      return fault;
    }
  }
  return undefined;
}
