import { describe, expect, it } from '@jest/globals';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { freshDatabase } from '../support/fresh-database.ts';
import { ALWAYS, candle, SERIES } from '../support/samples.ts';
import { testDatabases } from '../support/servers/index.ts';
import { allOf, nextOf } from '../support/streamed.ts';

describe.each(testDatabases())('a stream on %s that nobody goes on with', (dialect) => {
  it.each(['pages', 'snapshot'] as const)(
    'by %s has no connection any more when its instance is closed by force',
    async (mode) => {
      const database = await freshDatabase(dialect);
      const db = new DatabaseOperations({ url: database.url, autoMigrate: true });
      await db.marketData.upsertCandles([candle(0), candle(1), candle(2), candle(3), candle(4)]);
      const stream = db.marketData.streamCandles({ ...SERIES, ...ALWAYS, mode, pageRows: 1 });
      await nextOf(stream);
      await db.close({ force: true });
      // throws where a connection is left
      await database.remove();
      await expect(failureOf(allOf(stream))).resolves.toMatchObject({ kind: 'closed' });
    },
  );
});
