import type { Configuration } from '@mikro-orm/core';
import { AbstractSqlDriver, BaseSqliteConnection, SqlitePlatform } from '@mikro-orm/sql';

/** The ORM writes values into the text of its statements, and SQLite reads a text only up to its first NUL. */
class NulSafePlatform extends SqlitePlatform {
  override escape(value: unknown): string {
    return super.escape(value).replaceAll('\0', "'||char(0)||'");
  }
}

/** The ORM's SQLite driver, for any text. */
export class EmbeddedDriver extends AbstractSqlDriver<BaseSqliteConnection> {
  constructor(config: Configuration) {
    super(config, new NulSafePlatform(), BaseSqliteConnection, ['kysely']);
  }
}
