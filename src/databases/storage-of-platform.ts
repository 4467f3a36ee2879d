import type { Platform } from '@mikro-orm/core';
import { SqlitePlatform } from '@mikro-orm/sql';
import { type ColumnStorage, embeddedStorage, serverStorage } from './column-storage.ts';

/**
 * The storage of the database that an ORM platform stands for. Apart from `column-storage.ts`, which the spool uses:
 * this loads the ORM, and is itself loaded by the first connection.
 */
export function storageOfPlatform(platform: Platform): ColumnStorage {
  return platform instanceof SqlitePlatform ? embeddedStorage : serverStorage;
}
