import { withDefaultEnvFile } from './src/config/env-file.ts';
import { resolveSettings } from './src/config/settings.ts';
import { withEnvironment } from './src/config/with-environment.ts';
import { detectDialect } from './src/databases/detect-dialect.ts';
import { ConnectionPool } from './src/databases/pool/connection-pool.ts';
import { ormOptions } from './src/operations/orm.ts';

/**
 * For the ORM's own command line (`npx mikro-orm migration:create`), on the database that the
 * environment, or `./.env` behind it, names: a new migration goes to the folder of that database's kind.
 */
const settings = resolveSettings('mikro-orm.config', withEnvironment(withDefaultEnvFile(process.env)));
const dialect = await detectDialect(settings);
const folder = dialect.embedded ? 'sqlite' : 'mysql';
const pool = new ConnectionPool(() => dialect.openConnection(settings), settings.pool);
const options = ormOptions(dialect, settings.target, dialect.kyselyDialect(pool));
const { migrationsList: _compiledIn, ...migrations } = options.migrations ?? {};

export default {
  ...options,
  logger: console.log,
  migrations: {
    ...migrations,
    path: `migrations/${folder}`,
    pathTs: `migrations/${folder}`,
    glob: 'migration-*.ts',
    fileName: (timestamp: string, name?: string) => `migration-${timestamp}${name === undefined ? '' : `-${name}`}`,
  },
};
