import { SqlDecimal } from '../decimal/sql-decimal.ts';
import { parse } from '../schemas/parse.ts';
import { type DecimalInput, decimal, type InstantInput, instant } from '../schemas/primitives.ts';

/**
 * Values of `db.sql` that are what they are on every database. SQLite keeps the decimals and the instants of the
 * library's tables in a form of its own, in which a plain text or number would be compared wrongly.
 *
 * @example
 * ```ts
 * await db.sql.query`select * from market_data
 *   where high > ${sql.decimal('42000.5')} and start_time >= ${sql.instant('2024-01-01T00:00:00Z')}`;
 * ```
 */
export const sql = {
  /**
   * An exact decimal, written as a number: `42000.5`.
   *
   * @throws InvalidInputError when it is none, or has more than 18 digits before or after the point
   */
  decimal: (value: DecimalInput): SqlDecimal => new SqlDecimal(parse('sql.decimal', decimal, value)),
  /**
   * An instant, from whatever the repositories take for one; a `Date` is one as it is.
   *
   * @throws InvalidInputError when it is none
   */
  instant: (value: InstantInput): Date => parse('sql.instant', instant, value),
} as const;
