import { isDeepStrictEqual } from 'node:util';
import { copyOptions } from '../config/check-options.ts';
import type { DatabaseOptions } from '../config/options.ts';
import { withEnvironment } from '../config/with-environment.ts';
import { ConfigurationError } from '../errors/configuration-error.ts';
import { DatabaseOperations } from './database-operations.ts';

let current: { readonly instance: DatabaseOperations; readonly options: DatabaseOptions } | undefined;

/**
 * The process-wide instance: made at the first call from the options and the environment
 * (`DATABASE_URL`, `DB_HOST`, …; an option overrides its variable), and returned again until it is
 * closed. Opens nothing yet. A file `.env` is read by the command line alone: for a program of your own, load it
 * with `node --env-file=.env`.
 *
 * @example
 * ```ts
 * const db = getDatabaseOperations();
 * await db.marketData.upsertCandle(candle);
 * await db.close();
 * ```
 *
 * @throws ConfigurationError when a setting is faulty, or when options are given that differ from those the
 *   instance was made with: they would have no effect
 */
export function getDatabaseOperations(options?: DatabaseOptions): DatabaseOperations {
  const given = options === undefined ? {} : copyOptions('getDatabaseOperations', options);
  if (current === undefined || current.instance.closed) {
    current = { instance: new DatabaseOperations(withEnvironment(process.env, given)), options: given };
  } else if (options !== undefined && !isDeepStrictEqual(given, current.options)) {
    throw new ConfigurationError(
      'getDatabaseOperations',
      'the instance was made with other options; close it first, or make one of your own with `new DatabaseOperations(options)`',
    );
  }
  return current.instance;
}
