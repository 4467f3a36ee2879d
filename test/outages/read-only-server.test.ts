import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { type FreshDatabase, freshOn } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { type OwnServer, startServer, startServerTimeoutMs } from '../support/servers/index.ts';

onEveryServer('a read-only', (dialect) => {
  let server: OwnServer;
  let database: FreshDatabase;

  beforeAll(async () => {
    server = await startServer(dialect, { flags: ['--read-only'] });
    database = await freshOn(server.url, dialect);
  }, startServerTimeoutMs);
  afterAll(async () => {
    await database.remove();
    await server.stop();
  });

  it('is reported as one, and is not healthy', async () => {
    await using db = new DatabaseOperations({ url: database.url });
    // the account of the test may write all the same
    await db.migrations.up();
    const report = { healthy: false, readOnly: true, pendingMigrations: [], error: null };
    await expect(db.health()).resolves.toMatchObject(report);
    await database.sql('set global read_only = 0');
    await expect(db.health()).resolves.toMatchObject({ ...report, healthy: true, readOnly: false });
  });
});
