/** A column holds a date that does not exist, such as 30 February. Rounding it to the next day would falsify the data. */
export function impossibleDate(): Error {
  return Object.assign(new Error('a column of our tables holds a date that does not exist'), {
    code: 'IMPOSSIBLE_DATE',
  });
}

/** A column that our tables never leave empty is NULL. A text or number made of it would be wrong. */
export function unexpectedNull(): Error {
  return Object.assign(new Error('a column that is never NULL in our tables is NULL'), { code: 'UNEXPECTED_NULL' });
}
