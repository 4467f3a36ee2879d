/** A JSON value whose numbers are the text they were written as. */
export type ExactJson = string | boolean | null | ExactJson[] | { [key: string]: ExactJson };

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/**
 * Parses JSON without rounding: every number comes as the digits that stand in the text, since
 * `0.123456789012345678` is more than a JavaScript number can hold.
 *
 * @example parseExact('{"price":0.123456789012345678}') // { price: '0.123456789012345678' }
 * @throws SyntaxError when the text is no JSON
 */
export function parseExact(text: string): ExactJson {
  const keepDigits: Reviver = (_key, value, { source }) => (typeof value === 'number' ? source : value);
  // the reviver's third parameter is newer than the type declarations of the language
  return JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1]) as ExactJson;
}

/** True for an object, not an array. */
export function isObject(value: ExactJson | undefined): value is { [key: string]: ExactJson } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
