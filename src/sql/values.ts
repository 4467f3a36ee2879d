import { SqlDecimal } from '../decimal/sql-decimal.ts';
import { parse } from '../schemas/parse.ts';
import { type DecimalInput, decimal, type InstantInput, instant } from '../schemas/primitives.ts';

/**
 * Values for `db.sql` that mean the same on every database. SQLite stores the decimals and instants of the library's
 * tables in an encoded form, with which plain text or a plain number would compare wrongly.
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
   * @throws InvalidInputError when it is not a decimal, or has more than 18 digits before or after the point
   */
  decimal: (value: DecimalInput): SqlDecimal => new SqlDecimal(parse('sql.decimal', decimal, value)),
  /**
   * An instant, from any form that the repositories accept. A `Date` can be used as it is.
   *
   * @throws InvalidInputError when it is not an instant
   */
  instant: (value: InstantInput): Date => parse('sql.instant', instant, value),
} as const;
