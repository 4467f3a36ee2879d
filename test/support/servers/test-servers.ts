import { type Database, databases, isServerDialect, type ServerDialect } from './database.ts';
import { readTestSettings } from './test-settings.ts';

const variable = 'TRADESTORE_TEST_SERVERS';

/** A server that all tests of a run share: each makes databases of its own on it. */
export interface TestServer {
  dialect: ServerDialect;
  /** Root's URL, without a database. */
  url: string;
}

/** The servers of this run. */
export function testServers(): TestServer[] {
  const servers = process.env[variable];
  if (servers === undefined) throw new Error(`${variable} is not set: the global setup of the tests has not run`);
  return JSON.parse(servers);
}

/** The databases of this run: SQLite and those with a server, unless TEST_DATABASES leaves them out. */
export function testDatabases(): Database[] {
  const dialects = testServers().map(({ dialect }) => dialect);
  const wanted = readTestSettings(process.env).databases;
  return databases.filter((database) =>
    isServerDialect(database) ? dialects.includes(database) : wanted.includes(database),
  );
}

/** Passes the servers to Jest's workers, which inherit the environment. */
export function publishTestServers(servers: TestServer[]): void {
  process.env[variable] = JSON.stringify(servers);
}
