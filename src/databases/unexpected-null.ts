/** A column that our tables never leave empty was NULL: text or a number made of it would be a lie. */
export function unexpectedNull(): Error {
  return Object.assign(new Error('a column that is never NULL in our tables is NULL'), { code: 'UNEXPECTED_NULL' });
}
