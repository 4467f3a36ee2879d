import type { ServerDialect } from './database.ts';

/** A mysqld or mariadbd that can be run here. */
export interface ServerProgram {
  dialect: ServerDialect;
  /** As the program reports it, with the packager's suffix. */
  version: string;
  command: string;
  /** What always comes first: how to load the program and where its own files are. */
  args: string[];
  /** MariaDB makes its system tables from the SQL files in there. */
  shareFolder: string;
}
