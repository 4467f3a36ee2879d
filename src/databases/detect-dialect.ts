import type { ConnectionSettings } from './connection-settings.ts';
import type { Dialect } from './dialect.ts';

/** An error of connecting that only MariaDB has: the server's kind is not known yet. */
const NAMES_BEFORE_KNOWN = { 4151: 'ER_ACCOUNT_HAS_BEEN_LOCKED' } as const;

/**
 * Asks the server whether it is MySQL or MariaDB. The URL's scheme does not tell: `mysql://` is common for MariaDB
 * too, and the two differ in their SQL.
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
