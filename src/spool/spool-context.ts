import type { Logger } from '../logger/logger.ts';
import type { RetryBudget } from '../retry/retry.ts';
import type { SpoolSettings } from '../schemas/writer-options.schema.ts';
import type { SpoolStore } from './store-batch.ts';

/** What a spool works with. */
export interface SpoolContext extends SpoolSettings {
  /** The database that its rows belong to, without user and password. */
  readonly database: string;
  /** Opens the spool even if its rows were spooled for another database. @default false */
  readonly otherDatabase?: boolean | undefined;
  readonly store: SpoolStore;
  readonly logger: Logger;
  /** How long to wait between two attempts. */
  readonly pauses: Pick<RetryBudget, 'baseDelayMs' | 'maxDelayMs'>;
  /** Resolves when the instance has closed an earlier spool in the directory. */
  readonly after?: Promise<void> | undefined;
}
