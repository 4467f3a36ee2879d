import type { DatabaseOperations } from '../../operations/database-operations.ts';
import type { ForceUpdate } from '../../repositories/market-data.repository.ts';
import { describeIssues } from '../describe-issues.ts';
import { Problems } from '../problems.ts';
import { rowsOfCsv } from './binance-csv.ts';
import { rowsOfCcxt } from './ccxt-json.ts';
import type { PlannedFile } from './import-plan.ts';
import type { RowBatch } from './parsed-row.ts';

/** What an import did: `read` is the sum of the four others. */
export interface ImportCounts {
  read: number;
  inserted: number;
  updated: number;
  unchanged: number;
  rejected: number;
}

/** How an import is run. */
export interface ImportOptions {
  readonly forceUpdate: ForceUpdate;
  readonly signal: AbortSignal;
  progress(bytesRead: number, rowsRead: number): void;
}

const BATCHES_AT_ONCE = 2;

/** Reads files of candles and stores them, a batch at a time. Its counts hold at any moment, also when it throws. */
export class CandleImport {
  readonly counts: ImportCounts = { read: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 };
  readonly problems = new Problems();
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
        await this.#importFile(file);
      }
    }
  }

  /**
   * While a batch is on its way to the database the next one is read and sent. A batch that may hold another
   * version of a candle waits for the one before it.
   */
  async #importFile(planned: PlannedFile): Promise<void> {
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
        // what goes wrong is told when the batch is waited for
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
    const result = await this.#db.marketData.upsertCandles(batch.candles, { forceUpdate });
    const rejected = [
      ...batch.faults.map(({ line, fault }) => ({ file, line, reason: fault })),
      ...result.rejected.map(({ index, issues }) => ({
        file,
        line: batch.lines[index] ?? 0,
        reason: describeIssues(issues),
      })),
    ];
    this.problems.add(rejected);
    this.counts.read += batch.rows;
    this.counts.inserted += result.inserted;
    this.counts.updated += result.updated;
    this.counts.unchanged += result.unchanged;
    this.counts.rejected += rejected.length;
    this.#bytesStored = Math.max(this.#bytesStored, bytesRead);
    this.#options.progress(this.#bytesStored, this.counts.read);
  }

  /** The batches until an interruption: what is read after it may be cut off in the middle. */
  async *#batchesOf({ file, format, series }: PlannedFile): AsyncGenerator<RowBatch, void, undefined> {
    const { signal } = this.#options;
    const chunks = this.#counted(file.read(signal));
    const batches = format === 'csv' ? rowsOfCsv(chunks, series) : rowsOfCcxt(file.name, chunks, series);
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

  async *#counted(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of chunks) {
      this.#bytesRead += chunk.length;
      yield chunk;
    }
  }
}
