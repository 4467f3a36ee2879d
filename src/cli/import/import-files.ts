import type { CandleInput, DatabaseOperations, ForceUpdate, MarketDataPoint, WriteResult } from '../../index.ts';
import type { InputFile } from '../input-file.ts';
import { describeIssues, Problems } from '../problems.ts';
import { rowsOfCsv } from './binance-csv.ts';
import { rowsOfCcxt } from './ccxt-json.ts';
import type { PlannedFile } from './import-plan.ts';
import type { RowBatch } from './parsed-row.ts';
import { batchesOfSpool } from './spool-json.ts';

export interface ImportOptions {
  /** For files of candles; each row of an exported spool has its own. */
  readonly forceUpdate: ForceUpdate;
  /** Stores rows of an exported spool that the database refused. */
  readonly refused: boolean;
  readonly signal: AbortSignal;
  progress(bytesRead: number, rowsRead: number): void;
}

type SeriesFile = Exclude<PlannedFile, { readonly format: 'spool' }>;

const BATCHES_AT_ONCE = 2;

/** Stores files of candles, and exported spools, batch by batch. Its counts are right at any time, also after an error. */
export class CandleImport {
  /** `read` is the sum of the four others. */
  readonly counts = { read: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 };
  readonly problems = new Problems();
  /** Rows of an exported spool that were left out, since the database refused them. */
  leftOut = 0;
  readonly #db: DatabaseOperations;
  readonly #options: ImportOptions;
  #bytesRead = 0;
  #bytesStored = 0;

  constructor(db: DatabaseOperations, options: ImportOptions) {
    this.#db = db;
    this.#options = options;
  }

  async run(files: readonly PlannedFile[]): Promise<void> {
    for (const file of files) {
      if (!this.#options.signal.aborted) {
        await (file.format === 'spool' ? this.#importSpool(file.file) : this.#importFile(file));
      }
    }
  }

  /**
   * While a batch is being stored, the next one is read and sent. A batch that may hold another version of the same
   * candle waits for the one before it.
   */
  async #importFile(planned: SeriesFile): Promise<void> {
    let underWay: { readonly batch: RowBatch; readonly stored: Promise<void> }[] = [];
    const done = async (): Promise<void> => {
      for (const { stored } of underWay) {
        await stored;
      }
      underWay = [];
    };
    try {
      for await (const batch of this.#batchesOf(planned)) {
        if (underWay.some((other) => other.batch.overlaps(batch))) {
          await done();
        } else if (underWay.length === BATCHES_AT_ONCE) {
          await underWay.shift()?.stored;
        }
        const stored = this.#store(planned.file.name, batch, this.#bytesRead);
        // an error surfaces when the batch is awaited
        stored.catch(() => undefined);
        underWay.push({ batch, stored });
      }
    } finally {
      await Promise.allSettled(underWay.map(({ stored }) => stored));
    }
    await done();
  }

  async #store(file: string, batch: RowBatch, bytesRead: number): Promise<void> {
    const { forceUpdate } = this.#options;
    this.#count(file, batch, await this.#db.marketData.upsertCandles(batch.candles, { forceUpdate }), bytesRead);
  }

  /** One batch after another, since they may hold versions of the same candle. */
  async #importSpool(file: InputFile): Promise<void> {
    const { refused } = this.#options;
    const { marketData, rawTrades } = this.#db;
    for await (const batch of this.#untilAborted(batchesOfSpool(this.#chunksOf(file), refused))) {
      const written =
        batch.kind === 'candle'
          ? await marketData.upsertCandles(batch.rows as CandleInput[], {
              forceUpdate: batch.forceUpdate,
            })
          : await rawTrades.insertMany(batch.rows as MarketDataPoint[]);
      this.leftOut += batch.leftOut;
      this.#count(file.name, batch, written, this.#bytesRead);
    }
  }

  #count(
    file: string,
    { lines, faults }: Pick<RowBatch, 'lines' | 'faults'>,
    { inserted, updated, unchanged, rejected }: WriteResult,
    bytesRead: number,
  ): void {
    const problems = [
      ...faults.map(({ line, fault }) => ({ file, line, reason: fault })),
      ...rejected.map(({ index, issues }) => ({ file, line: lines[index] ?? 0, reason: describeIssues(issues) })),
    ];
    this.problems.add(problems);
    this.counts.read += lines.length + faults.length;
    this.counts.inserted += inserted;
    this.counts.updated += updated;
    this.counts.unchanged += unchanged;
    this.counts.rejected += problems.length;
    this.#bytesStored = Math.max(this.#bytesStored, bytesRead);
    this.#options.progress(this.#bytesStored, this.counts.read);
  }

  #batchesOf({ file, format, series }: SeriesFile): AsyncGenerator<RowBatch, void, undefined> {
    const chunks = this.#chunksOf(file);
    return this.#untilAborted(format === 'csv' ? rowsOfCsv(chunks, series) : rowsOfCcxt(file.name, chunks, series));
  }

  /** The batches until an interruption; input that is read after it may be incomplete. */
  async *#untilAborted<T>(batches: AsyncGenerator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
    const { signal } = this.#options;
    try {
      for await (const batch of batches) {
        if (signal.aborted) {
          return;
        }
        yield batch;
      }
    } catch (error) {
      if (!signal.aborted) {
        throw error;
      }
    }
  }

  #chunksOf(file: InputFile): AsyncIterable<Buffer> {
    return file.read(this.#options.signal, (bytes) => {
      this.#bytesRead += bytes;
    });
  }
}
