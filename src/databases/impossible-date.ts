/** A date that never was, such as 30 February, stands in one of our tables: the day after it would be a lie. */
export function impossibleDate(): Error {
  return Object.assign(new Error('a column of our tables holds a date that does not exist'), {
    code: 'IMPOSSIBLE_DATE',
  });
}
