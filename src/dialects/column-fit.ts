import { DECIMAL_PRECISION, DECIMAL_SCALE } from '../decimal/decimal.ts';
import type { Row } from './driver/physical-connection.ts';

/** A column that is written, as far as it matters whether it keeps what it is given. */
export interface WrittenColumn {
  readonly name: string;
  readonly key: boolean;
  readonly kind: string;
}

/** What a server knows of the columns of a table. */
export const COLUMNS_OF_TABLE =
  'select column_name as name, column_type as type, numeric_precision as digits, numeric_scale as scale, ' +
  'datetime_precision as fraction, collation_name as collation, column_key as keyed from information_schema.columns ' +
  'where table_schema = database() and table_name = ?';

const MILLISECONDS = 3;

/**
 * Says which column would change a value in silence, or take two rows for one: what strict mode refuses by
 * itself is not looked at. Source: MySQL "Precision Math", "Fractional Seconds in Time Values": both round.
 */
export function faultOfColumns(
  table: string,
  columns: readonly WrittenColumn[],
  rows: readonly Row[],
  collation: string,
): string | undefined {
  const found = new Map(rows.map((row) => [String(row['name']), row]));
  for (const { name, key, kind } of columns) {
    const row = found.get(name);
    const fault = row === undefined ? undefined : faultOf(kind, key, row, collation);
    if (fault !== undefined) {
      return `${table}.${name} ${fault}`;
    }
  }
  return undefined;
}

function faultOf(kind: string, key: boolean, row: Row, collation: string): string | undefined {
  const [scale, whole] = [Number(row['scale']), Number(row['digits']) - Number(row['scale'])];
  if (kind === 'decimal' && (scale < DECIMAL_SCALE || whole < DECIMAL_PRECISION - DECIMAL_SCALE)) {
    return `is ${String(row['type'])}, which rounds what it is given`;
  }
  if (kind === 'instant' && Number(row['fraction']) < MILLISECONDS) {
    return `is ${String(row['type'])}, which rounds milliseconds`;
  }
  if (key && row['keyed'] !== 'PRI') {
    return 'is not in the primary key, so that rows would be stored twice';
  }
  if (key && kind === 'text' && row['collation'] !== collation) {
    return `is compared by ${String(row['collation'])}, which takes different names for one`;
  }
  return undefined;
}
