import { DECIMAL_PRECISION, DECIMAL_SCALE } from '../../decimal/decimal.ts';
import type { WrittenColumn } from '../dialect.ts';
import type { Row } from '../physical-connection.ts';

/** Names the table, instead of joining that of the outer query: MariaDB would read the tables of all databases. */
const indexes = (alias: string): string =>
  `information_schema.statistics as ${alias} where ${alias}.table_schema = database() and ${alias}.table_name = ?`;

/**
 * A server's definition of a table's columns; `apart` is a unique index that does not contain the whole column. Each of
 * the three placeholders takes the table's name.
 */
export const COLUMNS_OF_TABLE =
  'select c.column_name as name, c.column_type as type, c.numeric_precision as digits, c.numeric_scale as scale, ' +
  'c.datetime_precision as fraction, c.collation_name as collation, c.column_key as keyed, ' +
  'c.column_default as initial, ' +
  `(select min(u.index_name) from ${indexes('u')} and u.non_unique = 0 and not exists (select 1 from ${indexes('i')} ` +
  'and i.index_name = u.index_name and i.column_name = c.column_name and i.sub_part is null)) as apart ' +
  'from information_schema.columns as c where c.table_schema = database() and c.table_name = ?';

const MILLISECONDS = 3;

/**
 * Finds a column that would silently change values or treat different keys as equal (an upsert updates the row that it
 * conflicts with in any unique index). What strict mode refuses by itself is not checked. Source: MySQL "Precision
 * Math", "Fractional Seconds in Time Values": both round.
 */
export function findColumnDrift(
  table: string,
  columns: readonly WrittenColumn[],
  rows: readonly Row[],
  collation: string,
): string | undefined {
  const found = new Map(rows.map((row) => [String(row['name']), row]));
  for (const column of columns) {
    const { name } = column;
    const row = found.get(name);
    const fault = row === undefined ? undefined : driftOf(column, row, collation);
    if (fault !== undefined) {
      return `${table}.${name} ${fault}`;
    }
  }
  return undefined;
}

function driftOf({ kind, key, nullable }: WrittenColumn, row: Row, collation: string): string | undefined {
  const [scale, whole] = [Number(row['scale']), Number(row['digits']) - Number(row['scale'])];
  if (kind === 'decimal' && (scale < DECIMAL_SCALE || whole < DECIMAL_PRECISION - DECIMAL_SCALE)) {
    return `is ${String(row['type'])}, which rounds values`;
  }
  if (kind === 'instant' && Number(row['fraction']) < MILLISECONDS) {
    return `is ${String(row['type'])}, which rounds milliseconds`;
  }
  // a column that is null in all rows is not sent; MariaDB says 'NULL' where the default is null
  if (nullable && row['initial'] !== null && row['initial'] !== 'NULL') {
    return 'has a default, which would be stored in place of null';
  }
  if (key && row['keyed'] !== 'PRI') {
    return 'is not in the primary key, so that rows would be stored twice';
  }
  // the database generates numbers: such a row is always inserted, and a unique index refuses it
  if (key && kind !== 'integer' && row['apart'] !== null) {
    return `is not in the unique index ${String(row['apart'])}, so that a new row would update another row`;
  }
  if (key && kind === 'text' && row['collation'] !== collation) {
    return `is compared by ${String(row['collation'])}, which treats different names as equal`;
  }
  return undefined;
}
