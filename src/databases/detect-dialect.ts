import type { ConnectionSettings } from './connection-settings.ts';
import type { Dialect } from './dialect.ts';

/** What only MariaDB answers to who connects: which of the two it is, is not known yet. */
const NAMES_BEFORE_KNOWN = { 4151: 'ER_ACCOUNT_HAS_BEEN_LOCKED' } as const;

/**
 * Asks the server what it is. The URL's scheme does not say: `mysql://` is commonly written for MariaDB
 * too, and the two differ in what they understand.
 */
export async function detectDialect(settings: ConnectionSettings): Promise<Dialect> {
  if (settings.target.kind === 'file') {
    return (await import('./sqlite/sqlite.ts')).sqliteDialect;
  }
  const [{ openMySqlConnection }, { connectionOptions, sessionOf }] = await Promise.all([
    import('./mysql/open-mysql-connection.ts'),
    import('./mysql/server-family.ts'),
  ]);
  const connection = await openMySqlConnection(connectionOptions(settings), settings.queryTimeoutMs, {
    ...sessionOf(settings),
    errorNames: NAMES_BEFORE_KNOWN,
  });
  try {
    const { rows } = await connection.execute('select version() as version', []);
    return /mariadb/i.test(String(rows[0]?.['version']))
      ? (await import('./mysql/mariadb.ts')).mariadbDialect
      : (await import('./mysql/mysql.ts')).mysqlDialect;
  } finally {
    await connection.close();
  }
}
