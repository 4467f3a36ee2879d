import { withDefaultEnvFile } from './src/config/env-file.ts';
import { resolveSettings } from './src/config/settings.ts';
import { withEnvironment } from './src/config/with-environment.ts';
import { mikroOrmOptions } from './src/mikro-orm.ts';
import { MIGRATIONS_TABLE } from './src/operations/migrations-table.ts';

/**
 * For the ORM's own command line (`npx mikro-orm migration:create`), on the database that the
 * environment, or `./.env` behind it, names: a new migration goes to the folder of that database's kind.
 */
const database = withEnvironment(withDefaultEnvFile(process.env));
const { target } = resolveSettings('mikro-orm.config', database);
const folder = target.kind === 'file' ? 'sqlite' : 'mysql';
const { migrations, ...options } = await mikroOrmOptions(database);

export default {
  ...options,
  logger: console.log,
  migrations: {
    ...migrations,
    tableName: MIGRATIONS_TABLE,
    path: `migrations/${folder}`,
    pathTs: `migrations/${folder}`,
    glob: 'migration-*.ts',
    fileName: (timestamp: string, name?: string) => `migration-${timestamp}${name === undefined ? '' : `-${name}`}`,
  },
};
