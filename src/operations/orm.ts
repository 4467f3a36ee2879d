import { type EntitySchema, MikroORM, type Options } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import type { Dialect as KyselyDialect } from 'kysely';
import type { Target } from '../config/target.ts';
import type { Dialect } from '../databases/dialect.ts';
import { entities } from '../entities/entities.ts';
import { KEY_COLLATION } from '../text/column-lengths.ts';
import { MIGRATIONS_TABLE } from './migrations-table.ts';

/** The ORM's options for a target; also used by the tests and the ORM's own command line. */
export function ormOptions(dialect: Dialect, target: Target, kyselyDialect: KyselyDialect) {
  return {
    driver: dialect.ormDriver,
    dbName: target.kind === 'file' ? target.path : target.database,
    driverOptions: kyselyDialect,
    entities: [...entities],
    extensions: [Migrator],
    // a misspelt name must fail, not create a database
    ensureDatabase: false,
    collate: KEY_COLLATION,
    // the pool observes statements, and our errors report failures
    logger: () => undefined,
    // what others keep in the same database is no difference from our entities
    schemaGenerator: {
      skipTables: [otherThan(entities)],
      skipViews: [/^/],
      ignoreRoutines: true,
      ignoreTriggers: true,
    },
    migrations: {
      tableName: MIGRATIONS_TABLE,
      migrationsList: [...dialect.migrations],
      snapshot: false,
      // servers commit at each DDL statement anyway; an embedded file is migrated inside one transaction
      transactional: false,
      allOrNothing: false,
      disableForeignKeys: false,
    },
  } satisfies Partial<Options>;
}

function otherThan(ours: readonly EntitySchema[]): RegExp {
  return new RegExp(`^(?!(?:${ours.map(({ meta }) => meta.tableName).join('|')})$)`);
}

/** Makes the ORM; nothing is connected yet. */
export function createOrm(dialect: Dialect, target: Target, kyselyDialect: KyselyDialect): MikroORM {
  return new MikroORM(ormOptions(dialect, target, kyselyDialect));
}
