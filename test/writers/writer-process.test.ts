import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { storedRows } from '../support/stored-rows.ts';

const LIBRARY = JSON.stringify(new URL('../../src/index.ts', import.meta.url).href);
const CANDLE = `{ symbol: 'BTC-USDT', timeframe: '1m', startTime: 1704067200000, open: 1, high: 1, low: 1, close: 1, volume: 1 }`;

onEveryDatabase('writers and their process', (bench) => {
  /** Runs a program to its own end, with an instance and a writer; fails when it is still running after a minute. */
  const run = async (options: string, program: string): Promise<string> => {
    const script = `
      const { DatabaseOperations } = await import(${LIBRARY});
      const db = new DatabaseOperations({ url: process.argv[1] });
      const writer = db.marketData.candleWriter(${options});
      const candle = ${CANDLE};
      ${program}`;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script, bench.database.url],
      { timeout: 60_000 },
    );
    return stdout.trim();
  };

  it('keep it alive for the rows that wait, until they are stored', async () => {
    // the timer of this program keeps nothing alive: until the row is stored only the writer does
    const program = 'writer.write(candle); setInterval(() => writer.stats().inserted && db.close(), 20).unref();';
    await run('{ flushIntervalMs: 300 }', program);
    await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 1 });
  });

  it('do not keep it alive when they hold nothing', async () => {
    await run('{ flushIntervalMs: 2147483647 }', 'writer.write(candle); await writer.flush(); await db.close();');
    await expect(storedRows(bench.database)).resolves.toMatchObject({ marketData: 1 });
    await run('{}', '');
  });

  it('let go of their instance, and it of them, when they are done', async () => {
    const program = `
      let collected = 0;
      const registry = new FinalizationRegistry(() => { collected += 1; });
      await (async () => {
        for (let index = 0; index < 20; index += 1) {
          const brief = db.marketData.candleWriter();
          registry.register(brief, index);
          brief.write(candle);
          await brief[Symbol.asyncDispose]();
        }
      })();
      for (let look = 0; look < 50 && collected < 15; look += 1) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        globalThis.gc();
      }
      console.log(collected >= 15);
      await db.close();`;
    const gc = `const { setFlagsFromString } = await import('node:v8'); setFlagsFromString('--expose-gc');
      globalThis.gc = (await import('node:vm')).runInNewContext('gc');`;
    await expect(run('{}', `${gc}${program}`)).resolves.toBe('true');
  });
});
