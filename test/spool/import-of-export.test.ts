import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CandleImport } from '../../src/cli/import/import-files.ts';
import { type ForceUpdate, readSpool, retryRefused } from '../../src/index.ts';
import { insertPieces, insertRefused, makeTables, openSpoolFile } from '../../src/spool/spool-tables.ts';
import { piecesOf } from '../../src/spool/spooled-batch.ts';
import { onEveryDatabase } from '../support/on-every-database.ts';
import { ALWAYS, candle, SERIES } from '../support/samples.ts';

/** A version of a candle, as a writer wrote it. */
interface Version {
  readonly minute: number;
  readonly close: string;
  readonly closed: boolean;
}

interface Batch {
  readonly forceUpdate: ForceUpdate;
  readonly versions: readonly Version[];
}

const rowOf = ({ minute, ...changes }: Version): unknown => ({
  ...candle(minute, { ...changes, low: '1', high: '99999' }),
  exchange: 'okx',
});
const version = (minute: number, close: string, closed = true): Version => ({ minute, close, closed });

onEveryDatabase('an exported spool that is imported', (bench) => {
  let folder: string;
  let spools = 0;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tradestore-import-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  /** Makes a spool of batches that wait, and of batches whose rows were refused. */
  const fill = async (queued: readonly Batch[], refused: readonly Batch[]): Promise<string> => {
    spools += 1;
    const directory = await mkdtemp(join(folder, `${spools}-`));
    const file = await openSpoolFile(directory);
    await makeTables(file);
    await file.execute('begin', []);
    for (const { forceUpdate, versions } of queued) {
      await insertPieces(file, { kind: 'candle', forceUpdate }, piecesOf(versions.map(rowOf)), 0);
    }
    for (const { forceUpdate, versions } of refused) {
      for (const one of versions) {
        await insertRefused(file, { kind: 'candle', forceUpdate }, { row: rowOf(one), reason: 'refused' });
      }
    }
    await file.execute('commit', []);
    file.abort();
    return directory;
  };

  const exported = async (directory: string): Promise<Buffer> => {
    const lines: string[] = [];
    for await (const row of readSpool(directory)) {
      lines.push(`${JSON.stringify(row)}\n`);
    }
    return Buffer.from(lines.join(''));
  };

  /** Does what `tradestore import --refused` does with an export. */
  const importOf = async (text: Buffer): Promise<void> => {
    const read = async function* (): AsyncGenerator<Buffer, void, undefined> {
      yield text;
    };
    const options = { forceUpdate: false, refused: true, signal: new AbortController().signal, progress: () => {} };
    const imported = new CandleImport(bench.db, options);
    await imported.run([{ format: 'spool', file: { name: 'rows.jsonl', sizeBytes: text.length, read } }]);
    expect(imported.counts.rejected).toBe(0);
  };

  const stored = async (): Promise<string[]> =>
    (await bench.db.marketData.getCandles({ ...SERIES, ...ALWAYS, limit: 3 })).map(({ close }) => close);

  it('stores the last of many refused versions, and keeps the one that came later', async () => {
    // more rows than one batch of an import has
    const many = Array.from({ length: 9_000 }, (_, index) => version(10 + index, '41000'));
    const directory = await fill(
      [{ forceUpdate: true, versions: [version(1, '42003')] }],
      [{ forceUpdate: true, versions: [version(0, '42000'), version(1, '42001'), ...many, version(0, '42002')] }],
    );
    await importOf(await exported(directory));
    await expect(stored()).resolves.toEqual(['42002', '42003', '41000']);
  });

  it('keeps a closed candle where an open one was refused after it', async () => {
    const directory = await fill(
      [],
      [{ forceUpdate: 'unless-closed', versions: [version(0, '42000'), version(0, '42001', false)] }],
    );
    await importOf(await exported(directory));
    await expect(stored()).resolves.toEqual(['42000']);
  });

  it('keeps it too where both were put back before the export', async () => {
    const many = Array.from({ length: 6_000 }, (_, index) => version(10 + index, '41000'));
    const directory = await fill(
      [],
      [
        { forceUpdate: 'unless-closed', versions: [version(0, '42000'), version(1, '42002'), ...many] },
        { forceUpdate: 'unless-closed', versions: [version(1, '42003'), version(0, '42001', false)] },
      ],
    );
    await retryRefused(directory);
    await importOf(await exported(directory));
    await expect(stored()).resolves.toEqual(['42000', '42003', '41000']);
  });

  it('ends as if it were put back and drained, whatever it holds', async () => {
    let closes = 0;
    const batch = fc.record({
      forceUpdate: fc.constantFrom<ForceUpdate>(true, false, 'unless-closed'),
      versions: fc.array(
        fc.record({ minute: fc.nat(2), closed: fc.boolean() }).map((one) => {
          closes += 1;
          return { ...one, close: String(40_000 + (closes % 10_000)) };
        }),
        { minLength: 1, maxLength: 4 },
      ),
    });
    const batches = fc.array(batch, { maxLength: 5 });
    const putBack = fc.constantFrom<boolean | undefined>(undefined, false, true);
    await fc.assert(
      fc.asyncProperty(batches, batches, putBack, async (queued, refused, force) => {
        const directory = await fill(queued, refused);
        if (force !== undefined) {
          await retryRefused(directory, { force });
        }
        const text = await exported(directory);
        await retryRefused(directory);
        await bench.database.sql('delete from market_data');
        await bench.db.drainSpool({ directory, otherDatabase: true });
        const drained = await stored();
        await bench.database.sql('delete from market_data');
        await importOf(text);
        expect(await stored()).toEqual(drained);
      }),
      { numRuns: process.env['TEST_GENERATED'] === 'full' ? 200 : 20 },
    );
  });
});
