import { KEY_COLLATION } from '../text/column-lengths.ts';
import { type ExecutedMigration, executedOf, migrateDown, migrateUp, pendingOf } from './migrate.ts';
import type { OperationExecutor } from './operation-executor.ts';

/** Whether the tables are what the entities say. */
export interface MigrationCheck {
  readonly ok: boolean;
  /** Migrations that were not run. */
  readonly pending: readonly string[];
  /** Statements that would make the tables what the entities say; none when they are. */
  readonly differences: readonly string[];
}

/** Brings the tables to the version of this library. The migrations are compiled into it. */
export class Migrations {
  readonly #executor: OperationExecutor;

  /** @internal */
  constructor(executor: OperationExecutor) {
    this.#executor = executor;
  }

  /**
   * Runs every pending migration, oldest first. Where several processes do so at once, one migrates and the others
   * wait, then find nothing to do.
   *
   * @example await db.migrations.up(); // ['migration-20261120120000-initial']
   * @returns the names of the migrations that were run
   * @throws DatabaseOperationError of kind `lock-timeout` when another process does not finish in time
   */
  up(): Promise<string[]> {
    return this.#executor.attempt('migrations.up', { idempotent: true }, migrateUp);
  }

  /**
   * Undoes the latest migration, with all that is stored in its tables.
   *
   * @example await db.migrations.down();
   * @returns the name of the migration that was undone; empty when none was left
   */
  down(): Promise<string[]> {
    return this.#executor.attempt('migrations.down', { idempotent: false }, migrateDown);
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
   * @throws DatabaseOperationError of kind `access-denied` when the account may not see all of the tables
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
