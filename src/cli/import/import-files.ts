import type { DatabaseOperations } from '../../operations/database-operations.ts';
import type { ForceUpdate } from '../../repositories/market-data.repository.ts';
import { describeIssues } from '../describe-issues.ts';
import { Problems } from '../problems.ts';
import { rowsOfCsv } from './binance-csv.ts';
import { rowsOfCcxt } from './ccxt-json.ts';
import type { PlannedFile } from './import-plan.ts';
import type { PlacedRow } from './parsed-row.ts';

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

const ROWS_PER_BATCH = 1_000;

/** Reads files of candles and stores them, a batch at a time. Its counts hold at any moment, also when it throws. */
export class CandleImport {
  readonly counts: ImportCounts = { read: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0 };
  readonly problems = new Problems();
  readonly #db: DatabaseOperations;
  readonly #options: ImportOptions;
  #bytesRead = 0;

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

  async #importFile(planned: PlannedFile): Promise<void> {
    const { name } = planned.file;
    let batch: PlacedRow[] = [];
    for await (const row of this.#rowsOf(planned)) {
      batch.push(row);
      if (batch.length === ROWS_PER_BATCH) {
        await this.#store(name, batch);
        batch = [];
      }
    }
    await this.#store(name, batch);
  }

  async #store(file: string, batch: readonly PlacedRow[]): Promise<void> {
    const candles = batch.filter((row) => 'candle' in row);
    const result = await this.#db.marketData.upsertCandles(
      candles.map(({ candle }) => candle),
      { forceUpdate: this.#options.forceUpdate },
    );
    const rejected = [
      ...batch.filter((row) => 'fault' in row).map(({ line, fault }) => ({ file, line, reason: fault })),
      ...result.rejected.map(({ index, issues }) => ({
        file,
        line: candles[index]?.line ?? 0,
        reason: describeIssues(issues),
      })),
    ];
    this.problems.add(rejected);
    this.counts.read += batch.length;
    this.counts.inserted += result.inserted;
    this.counts.updated += result.updated;
    this.counts.unchanged += result.unchanged;
    this.counts.rejected += rejected.length;
    this.#options.progress(this.#bytesRead, this.counts.read);
  }

  /** The rows until an interruption: what is read after it may be cut off in the middle. */
  async *#rowsOf({ file, format, series }: PlannedFile): AsyncGenerator<PlacedRow, void, undefined> {
    const { signal } = this.#options;
    const chunks = this.#counted(file.read(signal));
    const rows = format === 'csv' ? rowsOfCsv(chunks, series) : rowsOfCcxt(file.name, chunks, series);
    try {
      for await (const row of rows) {
        if (signal.aborted) {
          return;
        }
        yield row;
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
