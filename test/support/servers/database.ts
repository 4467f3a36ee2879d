export type ServerDialect = 'mysql' | 'mariadb';
export type Database = 'sqlite' | ServerDialect;

export const serverDialects: readonly ServerDialect[] = ['mysql', 'mariadb'];
export const databases: readonly Database[] = ['sqlite', ...serverDialects];

export const titles: Readonly<Record<Database, string>> = {
  sqlite: 'SQLite',
  mysql: 'MySQL',
  mariadb: 'MariaDB',
};

export function isServerDialect(database: Database): database is ServerDialect {
  return database !== 'sqlite';
}
