import type { Settings } from '../config/settings.ts';

/** The settings of connections: where the database is, how it is used, and the time limits. */
export type ConnectionSettings = Pick<
  Settings,
  | 'target'
  | 'tls'
  | 'charset'
  | 'sqlMode'
  | 'initStatements'
  | 'compress'
  | 'pool'
  | 'connectTimeoutMs'
  | 'queryTimeoutMs'
  | 'silenceCheckMs'
  | 'retry'
  | 'statementTimeoutMs'
  | 'migrationLockTimeoutMs'
  | 'bulkLoad'
>;
