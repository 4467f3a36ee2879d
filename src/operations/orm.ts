import { MikroORM, type Options } from '@mikro-orm/core';
import { Migrator } from '@mikro-orm/migrations';
import type { Dialect as KyselyDialect } from 'kysely';
import type { Target } from '../config/target.ts';
import type { Dialect } from '../databases/dialect.ts';
import { entities } from '../entities/entities.ts';
import { KEY_COLLATION } from '../text/column-lengths.ts';

/** The ORM's options for a target: the same for the library, the tests and the ORM's own command line. */
export function ormOptions(dialect: Dialect, target: Target, kyselyDialect: KyselyDialect) {
  return {
    driver: dialect.ormDriver,
    dbName: target.kind === 'file' ? target.path : target.database,
    driverOptions: kyselyDialect,
    entities: [...entities],
    extensions: [Migrator],
    // a misspelt name must fail, not make a database
    ensureDatabase: false,
    collate: KEY_COLLATION,
    // statements are observed where they are sent, and failures are told by our errors
    logger: () => undefined,
    migrations: {
      migrationsList: [...dialect.migrations.list],
      snapshot: false,
      // servers commit with each DDL statement anyway; the embedded file is migrated inside one transaction
      transactional: false,
      allOrNothing: false,
      disableForeignKeys: false,
    },
  } satisfies Partial<Options>;
}

/** Makes the ORM; nothing is connected yet. */
export function createOrm(dialect: Dialect, target: Target, kyselyDialect: KyselyDialect): MikroORM {
  return new MikroORM(ormOptions(dialect, target, kyselyDialect));
}
