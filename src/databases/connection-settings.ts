import type { Settings } from '../config/settings.ts';

/** The part of the settings that says where the database is and how patiently it is spoken to. */
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

export type { FileTarget as FileSettings, ServerTarget as ServerSettings } from '../config/target.ts';
