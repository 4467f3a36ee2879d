import { CHARSET } from '../config/charset.ts';
import { OWN_SQL_MODES } from '../config/sql-mode.ts';
import type { ConnectionSettings } from './connection-settings.ts';

/**
 * What a session must be set to for our promises to hold, whatever the server's defaults are: strict, so
 * that a value is refused and not cut; backslash escapes on, which the driver's quoting relies on; UTC.
 */
export function sessionStatement({ charset, sqlMode }: Pick<ConnectionSettings, 'charset' | 'sqlMode'>): string {
  return `set ${[
    // a reset leaves the server's own choice, where what is sent is not what is read. Without a collation it is
    // that of `_utf8mb4 0x…`, which can then be compared with any text
    charset === CHARSET ? `names ${CHARSET}` : `names ${CHARSET} collate ${charset}`,
    `sql_mode = '${[...OWN_SQL_MODES, ...sqlMode].join(',')}'`,
    "time_zone = '+00:00'",
    'autocommit = 1',
    // the most there is: each row that a file leaves out has a warning, which says why
    'max_error_count = 65535',
    // a reset keeps the role that was taken, so the one that was there is remembered
    '@tradestore_role = current_role()',
  ].join(', ')}`;
}
