import type { Platform } from '@mikro-orm/core';
import { SqlitePlatform } from '@mikro-orm/sql';
import { type ColumnStorage, embeddedStorage, serverStorage } from './column-storage.ts';

/**
 * The column storage of an ORM platform's database. It is not in `column-storage.ts`, which the spool uses, because it
 * loads the ORM; the first connection loads it.
 */
export function storageOfPlatform(platform: Platform): ColumnStorage {
  return platform instanceof SqlitePlatform ? embeddedStorage : serverStorage;
}
