/** A JSON value whose numbers are text, exactly as written. */
export type ExactJson = string | boolean | null | ExactJson[] | { [key: string]: ExactJson };

type Reviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;

/**
 * Parses JSON without rounding: every number becomes the text of its digits, since
 * `0.123456789012345678` does not fit into a JavaScript number.
 *
 * @example parseExact('{"price":0.123456789012345678}') // { price: '0.123456789012345678' }
 * @throws SyntaxError if the text is not JSON
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
