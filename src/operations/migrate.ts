import type { MikroORM } from '@mikro-orm/core';
import type { Migrator } from '@mikro-orm/migrations';
import { type MigrationHost, quote } from '../databases/dialect.ts';
import { classifyError } from '../errors/translate-error.ts';
import type { Logger } from '../logger/logger.ts';
import type { Database } from './database.ts';
import { MIGRATIONS_TABLE } from './migrations-table.ts';

/** A migration that was run. */
export interface ExecutedMigration {
  readonly name: string;
  readonly executedAt: Date;
}

/** Runs the pending migrations, under the lock. @internal */
export async function migrateUp(database: Database): Promise<string[]> {
  // the lock is not worth taking, at each start, to find nothing to do
  if ((await pendingOf(database)).length === 0) {
    return [];
  }
  return exclusively(database, (migrator) => migrator.up());
}

/** Undoes the latest migration, under the lock. @internal */
export function migrateDown(database: Database): Promise<string[]> {
  return exclusively(database, (migrator) => migrator.down());
}

/** Migrates while no other process migrates the same database. Returns the names of the migrations that were run. */
function exclusively(
  database: Database,
  work: (migrator: Migrator) => Promise<readonly { readonly name: string }[]>,
): Promise<string[]> {
  const host: MigrationHost = {
    orm: database.orm,
    settings: database.settings,
    createOrm: (kyselyDialect) => database.createOrm(kyselyDialect),
  };
  return database.dialect.withMigrationLock(host, async (orm: MikroORM) => {
    const migrator = orm.migrator as unknown as Migrator;
    logDurations(migrator, database.settings.logger);
    return (await work(migrator)).map(({ name }) => name);
  });
}

/** Logs how long each migration takes. */
function logDurations(migrator: Migrator, logger: Logger): void {
  let start = 0;
  const begin = (): void => {
    start = performance.now();
  };
  const end =
    (message: string) =>
    ({ name: migration }: { readonly name: string }): void =>
      logger.info({ migration, durationMs: Math.round(performance.now() - start) }, message);
  migrator.on('migrating', begin);
  migrator.on('migrated', end('migrated'));
  migrator.on('reverting', begin);
  migrator.on('reverted', end('undid a migration'));
}

/** The names of the migrations that were not run yet. @internal */
export async function pendingOf(database: Database): Promise<string[]> {
  const executed = new Set((await executedOf(database)).map(({ name }) => name));
  return database.dialect.migrations.map(({ name }) => name).filter((name) => !executed.has(name));
}

/** The migrations that were run. Read without the ORM's migrator, which would create its table. @internal */
export async function executedOf(database: Database): Promise<ExecutedMigration[]> {
  try {
    const { rows } = await database
      .session()
      .execute(`select name, executed_at from ${quote(MIGRATIONS_TABLE)} order by id`);
    return rows.map((row) => ({ name: String(row['name']), executedAt: executedAt(row['executed_at']) }));
  } catch (error) {
    if (classifyError(error).kind === 'schema') {
      return [];
    }
    throw error;
  }
}

function executedAt(stored: unknown): Date {
  return typeof stored === 'number' ? new Date(stored) : new Date(`${String(stored).replace(' ', 'T')}Z`);
}
