import type { MikroORM } from '@mikro-orm/core';
import type { Migrator } from '@mikro-orm/migrations';
import { type MigrationHost, quote } from '../databases/dialect.ts';
import { classifyError } from '../errors/translate-error.ts';
import { KEY_COLLATION } from '../text/column-lengths.ts';
import type { Database } from './database.ts';
import type { OperationExecutor } from './operation-executor.ts';

const STORAGE_TABLE = 'mikro_orm_migrations';

/** A migration that was run. */
export interface ExecutedMigration {
  readonly name: string;
  readonly executedAt: Date;
}

/** Whether the database is as the entities say. */
export interface MigrationCheck {
  readonly ok: boolean;
  /** Migrations that were not run. */
  readonly pending: readonly string[];
  /** Statements that would make the tables what the entities say; none when they are. */
  readonly differences: readonly string[];
}

/** Brings the tables to the version of this library. The migrations are compiled in. */
export class Migrations {
  readonly #executor: OperationExecutor;

  /** @internal */
  constructor(executor: OperationExecutor) {
    this.#executor = executor;
  }

  /**
   * Runs every pending migration, oldest first. Of several processes that do so at once, one does it and
   * the others wait and find nothing to do.
   *
   * @example await db.migrations.up(); // ['migration-20261120120000-initial']
   * @returns the names of those it ran
   * @throws DatabaseOperationError of kind `lock-timeout` when another process does not finish in time
   */
  up(): Promise<string[]> {
    return this.#executor.attempt('migrations.up', { idempotent: true }, migrateUp);
  }

  /**
   * Undoes the latest migration, with all that is stored in its tables.
   *
   * @example await db.migrations.down();
   * @returns the names of those it undid: one, or none when nothing was left to undo
   */
  down(): Promise<string[]> {
    return this.#executor.attempt('migrations.down', { idempotent: false }, (database) =>
      database.dialect.withMigrationLock(hostOf(database), async (orm) =>
        (await migratorOf(orm).down()).map(({ name }) => name),
      ),
    );
  }

  /**
   * The names of the migrations that were not run yet. Changes nothing.
   *
   * @example if ((await db.migrations.pending()).length > 0) console.log('run `tradestore migrate up`');
   */
  pending(): Promise<string[]> {
    return this.#executor.attempt('migrations.pending', { idempotent: true }, pendingOf);
  }

  /** The migrations that were run, oldest first. Changes nothing. */
  executed(): Promise<ExecutedMigration[]> {
    return this.#executor.attempt('migrations.executed', { idempotent: true }, executedOf);
  }

  /**
   * Compares the tables with the entities. Changes nothing.
   *
   * @example const { ok, differences } = await db.migrations.check();
   * @throws DatabaseOperationError of kind `access-denied` when the account is not shown all of the tables
   */
  check(): Promise<MigrationCheck> {
    return this.#executor.attempt('migrations.check', { idempotent: true }, async (database) => {
      const pending = await pendingOf(database);
      const { execute, dialect, tables } = database.session();
      const names = Object.values(tables).map(({ name }) => name);
      if (!(await dialect.seesAllTables(execute, names))) {
        throw Object.assign(new Error('the server shows this user only a part of what the tables are made of'), {
          code: 'TABLES_NOT_SHOWN',
        });
      }
      const { up } = await database.orm.schema.getUpdateSchemaMigrationSQL({ wrap: false });
      const differences = up
        .split(';\n')
        .map((statement) => statement.trim())
        .filter((statement) => statement !== '');
      differences.push(...(await dialect.collationDifferences(execute, names, KEY_COLLATION)));
      return { ok: pending.length === 0 && differences.length === 0, pending, differences };
    });
  }
}

/** Runs what is pending, under the lock. @internal */
export async function migrateUp(database: Database): Promise<string[]> {
  // the lock is not worth taking, at each start, to find that nothing is to be done
  if ((await pendingOf(database)).length === 0) {
    return [];
  }
  return database.dialect.withMigrationLock(hostOf(database), async (orm) =>
    (await migratorOf(orm).up()).map(({ name }) => name),
  );
}

/** What is pending; a database that was never migrated has everything pending. @internal */
export async function pendingOf(database: Database): Promise<string[]> {
  const executed = new Set((await executedOf(database)).map(({ name }) => name));
  return database.dialect.migrations.list.map(({ name }) => name).filter((name) => !executed.has(name));
}

// read by a statement of our own: the ORM's migrator makes its table when it is merely asked
async function executedOf(database: Database): Promise<ExecutedMigration[]> {
  try {
    const { rows } = await database
      .session()
      .execute(`select name, executed_at from ${quote(STORAGE_TABLE)} order by id`);
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

function migratorOf(orm: MikroORM): Migrator {
  return orm.migrator as unknown as Migrator;
}

function hostOf(database: Database): MigrationHost {
  return {
    orm: database.orm,
    settings: database.settings,
    createOrm: (kyselyDialect) => database.createOrm(kyselyDialect),
  };
}
