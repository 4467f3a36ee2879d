import { afterAll, beforeAll } from '@jest/globals';
import { DatabaseOperations, type DatabaseOptions } from '../../src/index.ts';
import { type FreshDatabase, freshOn } from './fresh-database.ts';
import { onEveryServer } from './on-every-server.ts';
import { type OwnServer, type ServerDialect, startServer, startServerTimeoutMs } from './servers/index.ts';

/** An instance, and the statements it has sent so far. */
export interface Told {
  readonly db: DatabaseOperations;
  readonly statements: string[];
  /** How many files it has sent. */
  files(): number;
}

/** What the tests of a server that loads files work with. */
export interface LoadingBench {
  readonly dialect: ServerDialect;
  readonly server: OwnServer;
  /** Migrated. */
  readonly database: FreshDatabase;
  /** A further instance on the database, or on another one; closed after the file's tests. */
  instance(options?: DatabaseOptions): Told;
  /** A further migrated database on the server, for what changes its tables. */
  another(): Promise<FreshDatabase>;
}

/** Describes behaviours once and runs them on a server of either kind that lets clients load files. */
export function onEveryLoadingServer(name: string, behaviours: (bench: LoadingBench) => void): void {
  onEveryServer(name, (dialect) => {
    const bench = { dialect } as { -readonly [K in keyof LoadingBench]: LoadingBench[K] };
    const opened: DatabaseOperations[] = [];

    bench.instance = ({ url = bench.database.url, ...options } = {}) => {
      const statements: string[] = [];
      const ignore = (): undefined => undefined;
      const logger = {
        debug: (_details: unknown, message: unknown) => statements.push(String(message)),
        ...{ info: ignore, warn: ignore, error: ignore },
      };
      const db = new DatabaseOperations({ url, logger, logQueries: true, ...options });
      opened.push(db);
      return {
        db,
        statements,
        files: () => statements.filter((statement) => statement.startsWith('load data')).length,
      };
    };
    bench.another = async () => {
      const database = await freshOn(bench.server.url, dialect);
      await bench.instance({ url: database.url }).db.migrations.up();
      return database;
    };

    beforeAll(async () => {
      bench.server = await startServer(dialect, {
        flags: ['--local-infile=ON', '--innodb-lock-wait-timeout=1', '--innodb-flush-log-at-trx-commit=1'],
      });
      bench.database = await bench.another();
    }, startServerTimeoutMs);

    afterAll(async () => {
      await Promise.all(opened.map((db) => db.close()));
      await bench.server.stop();
    });

    behaviours(bench);
  });
}
