import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { CandleInput } from '../../src/index.ts';
import { type FaultProxy, openFaultProxy } from '../support/fault-proxy.ts';
import { onEveryLoadingServer } from '../support/loading-bench.ts';
import { candle } from '../support/samples.ts';

const ROWS = 1_000;
const candles = (symbol: string, first = 0): CandleInput[] =>
  Array.from({ length: ROWS }, (_, index) => candle(first + index, { symbol }));

onEveryLoadingServer('files in an outage of a real', (bench) => {
  let proxy: FaultProxy;

  beforeAll(async () => {
    proxy = await openFaultProxy(bench.server.url);
  });
  afterAll(() => proxy.close());

  it.each([
    ['it asks for the file', 'load data'],
    ['it has stored the file', 'commit'],
  ])('are stored once where the connection is lost as %s', async (_what, statement) => {
    const url = new URL(bench.database.url);
    url.port = String(proxy.port);
    // one connection, that is there already: the first statement of another one says "commit" too
    const { db, files } = bench.instance({ url: url.href, pool: { max: 1 } });
    await db.connect();
    proxy.cutAfter(statement);
    const symbol = `CUT-${statement}`;
    const { inserted, unchanged } = await db.marketData.upsertCandles(candles(symbol), { forceUpdate: true });

    expect(inserted + unchanged).toBe(ROWS);
    expect(files()).toBe(2);
    await expect(db.marketData.countCandles({ symbol })).resolves.toBe(ROWS);
  });

  it('are all stored once that were acknowledged, and no call fails, when the server is killed among them', async () => {
    const { db, files } = bench.instance({ connectRetries: 60, retry: { outage: { attempts: 60 } } });
    const symbol = 'KILLED';
    let restarted: Promise<void> | undefined;
    let acknowledged = 0;
    for (let batch = 0; batch < 8; batch += 1) {
      const writing = db.marketData.upsertCandles(candles(symbol, batch * ROWS));
      if (batch === 3) {
        restarted = bench.server.kill('SIGKILL').then(() => bench.server.restart());
      }
      const { inserted, unchanged } = await writing;
      acknowledged += inserted + unchanged;
    }
    await restarted;

    expect(acknowledged).toBe(8 * ROWS);
    expect(files()).toBeGreaterThan(8);
    await expect(db.marketData.countCandles({ symbol })).resolves.toBe(acknowledged);
  });
});
