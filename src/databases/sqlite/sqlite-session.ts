import type { DatabaseSync } from 'node:sqlite';

export type SqliteSession = ReadonlyMap<string, string | number>;

/**
 * The pragmas that apply to one connection and can be read. Source: sqlite.org/pragma.html; pragmas about the file, or
 * with an effect on it, are not among them.
 */
const PRAGMAS = [
  'analysis_limit',
  'automatic_index',
  'busy_timeout',
  'cache_size',
  'cache_spill',
  'cell_size_check',
  'checkpoint_fullfsync',
  'count_changes',
  'defer_foreign_keys',
  'empty_result_callbacks',
  'foreign_keys',
  'full_column_names',
  'fullfsync',
  'ignore_check_constraints',
  'journal_size_limit',
  'legacy_alter_table',
  'locking_mode',
  'max_page_count',
  'query_only',
  'read_uncommitted',
  'recursive_triggers',
  'reverse_unordered_selects',
  'secure_delete',
  'short_column_names',
  'synchronous',
  'temp_store',
  'threads',
  'trusted_schema',
  'wal_autocheckpoint',
  'writable_schema',
];

export function readSession(db: DatabaseSync): SqliteSession {
  return new Map(PRAGMAS.map((pragma) => [pragma, settingOf(db, pragma)]));
}

/**
 * Restores a connection's session: no transaction, no temporary table, no attached file, and every setting as it was
 * when the connection was opened.
 *
 * @throws Error if something cannot be restored
 */
export function restoreSession(db: DatabaseSync, session: SqliteSession): void {
  if (db.isTransaction) {
    db.exec('rollback');
  }
  // the one pragma that cannot be read
  db.exec('pragma case_sensitive_like = off');
  const changed = [...session].filter(([pragma, value]) => settingOf(db, pragma) !== value);
  for (const [pragma, value] of changed) {
    db.exec(`pragma ${pragma} = ${value}`);
  }
  for (const { name } of db.prepare('select name from pragma_database_list where seq > 1').all()) {
    db.exec(`detach ${quoted(name)}`);
  }
  // indexes are dropped with their table
  for (const type of ['trigger', 'view', 'table']) {
    for (const { name } of db
      .prepare("select name from temp.sqlite_schema where type = ? and name not like 'sqlite_%'")
      .all(type)) {
      db.exec(`drop ${type} if exists temp.${quoted(name)}`);
    }
  }
  const kept = changed.filter(([pragma, value]) => settingOf(db, pragma) !== value);
  if (kept.length > 0) {
    throw new Error(`the connection keeps ${kept.map(([pragma]) => pragma).join(', ')}`);
  }
}

function settingOf(db: DatabaseSync, pragma: string): string | number {
  const row = db.prepare(`pragma ${pragma}`).get() ?? {};
  return (Object.values(row)[0] ?? '') as string | number;
}

function quoted(name: unknown): string {
  return `"${String(name).replaceAll('"', '""')}"`;
}
