import type { Options } from '@mikro-orm/core';
import type { DatabaseOptions } from '../config/options.ts';
import { resolveSettings } from '../config/settings.ts';
import { detectDialect } from '../databases/detect-dialect.ts';
import { ConnectionPool } from '../databases/pool/connection-pool.ts';
import { MIGRATIONS_TABLE } from './migrations-table.ts';
import { ormOptions } from './orm.ts';

/**
 * MikroORM's options for a database of this library: its connections, its entities, and what keeps MikroORM from
 * touching the library's own migrations. For MikroORM's command line, and for entities of your own beside the
 * library's. `tradestore migrate up` makes the library's tables; your migrations are yours, in a table `app_migrations`.
 *
 * A server is asked whether it is MySQL or MariaDB; a file is not opened. MikroORM closes the connections when it is
 * closed. `@mikro-orm/core` and `@mikro-orm/cli` must be of the version that this package depends on.
 *
 * @example
 * ```ts
 * // mikro-orm.config.ts
 * import { withEnvironment } from 'tradestore';
 * import { entities, mikroOrmOptions } from 'tradestore/mikro-orm';
 * import { Signal } from './signal.entity.ts';
 *
 * export default async () => {
 *   const options = await mikroOrmOptions(withEnvironment(process.env));
 *   return {
 *     ...options,
 *     entities: [...entities, Signal],
 *     migrations: { ...options.migrations, path: './migrations' },
 *   };
 * };
 * ```
 *
 * @param options where the database is, as `new DatabaseOperations()` takes it; the environment is not read
 * @throws ConfigurationError that names every faulty option at once
 * @throws Error of the driver when the server cannot be reached
 */
export async function mikroOrmOptions(options: DatabaseOptions = {}): Promise<Partial<Options>> {
  const settings = resolveSettings('mikroOrmOptions', options);
  const dialect = await detectDialect(settings);
  const pool = new ConnectionPool(() => dialect.openConnection(settings), settings.pool);
  const {
    logger: _silent,
    schemaGenerator: _ownTablesOnly,
    ...rest
  } = ormOptions(dialect, settings.target, dialect.kyselyDialect(pool));
  const { migrationsList: _compiledIn, ...migrations } = rest.migrations;
  return {
    ...rest,
    schemaGenerator: { skipTables: [MIGRATIONS_TABLE] },
    migrations: { ...migrations, tableName: 'app_migrations' },
  };
}
