import type { MigrationObject } from '@mikro-orm/core';
import { Migration20261120120000Initial } from './migration-20261120120000-initial.ts';
import { Migration20261121200000PriceType } from './migration-20261121200000-price-type.ts';

/** The migrations of MySQL and MariaDB, oldest first, compiled in so that an installed copy can migrate. */
export const mysqlMigrations: readonly MigrationObject[] = [
  { name: 'migration-20261120120000-initial', class: Migration20261120120000Initial },
  { name: 'migration-20261121200000-price-type', class: Migration20261121200000PriceType },
];
