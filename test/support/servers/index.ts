export { clientPrograms } from './client-programs.ts';
export type { Database, ServerDialect } from './database.ts';
export type { OwnServer } from './own-server.ts';
export { startServer, startServerTimeoutMs } from './start-server.ts';
export { type TestServer, testDatabases, testServers } from './test-servers.ts';
