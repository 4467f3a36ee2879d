import type { DatabaseOperations, Series } from '../../index.ts';
import { usageError } from '../cli-error.ts';
import type { ParsedRow } from '../import/parsed-row.ts';
import type { InputFile } from '../input-file.ts';
import { Problems } from '../problems.ts';
import { linesOf } from '../text-lines.ts';
import { exchangeOfFileName } from './capture-exchange.ts';
import { type CaptureLine, readCaptureLine } from './capture-line.ts';
import { type DataLine, type DataMessage, readDataMessage } from './data-message.ts';
import { type BatchOutcome, storeBatch } from './store-batch.ts';

export interface ReplayOptions {
  /** The exchange of the messages; it is an error if a connection in the capture is to another one. */
  readonly exchange?: string | undefined;
  /** Stores them under this exchange, regardless of the capture. */
  readonly storeAs?: string | undefined;
  readonly signal: AbortSignal;
  progress(bytesRead: number, messagesRead: number): void;
}

const MESSAGES_PER_BATCH = 500;
/** Order books are large: a batch ends at this size too, so that memory is bounded. */
const CHARACTERS_PER_BATCH = 2_000_000;

/** Stores captures, batch by batch. Its counts are right at any time, also after an error. */
export class CaptureReplay {
  readonly counts = noCounts();
  readonly problems = new Problems();
  readonly series = new SeriesSeen();
  readonly #db: DatabaseOperations;
  readonly #options: ReplayOptions;
  #batch: DataMessage[] = [];
  #batchCharacters = 0;
  #bytesRead = 0;
  #rewrite = false;

  constructor(db: DatabaseOperations, options: ReplayOptions) {
    this.#db = db;
    this.#options = options;
  }

  async run(files: readonly InputFile[]): Promise<void> {
    for (const file of files) {
      if (!this.#options.signal.aborted) {
        await this.#replayFile(file);
      }
    }
  }

  async #replayFile(file: InputFile): Promise<void> {
    const { signal } = this.#options;
    let exchange = this.#options.storeAs ?? this.#options.exchange ?? exchangeOfFileName(file.name);
    this.#rewrite = false;
    const chunks = file.read(signal, (bytes) => {
      this.#bytesRead += bytes;
    });
    for await (const textLine of linesOf(chunks)) {
      // input that is read after an interruption may be incomplete
      if (signal.aborted) {
        break;
      }
      const line = readCaptureLine(textLine);
      if (line.kind === 'transport') {
        exchange = this.#exchangeAfter(file.name, textLine.number, line.exchange) ?? exchange;
      }
      this.#take(file.name, textLine.number, line, exchange);
      if (this.#batch.length >= MESSAGES_PER_BATCH || this.#batchCharacters >= CHARACTERS_PER_BATCH) {
        await this.#store(file.name);
      }
    }
    await this.#store(file.name);
  }

  /** The exchange from this connection on, if the connection changes it. */
  #exchangeAfter(file: string, line: number, connected: string | undefined): string | undefined {
    const { storeAs, exchange } = this.#options;
    if (storeAs === undefined && exchange !== undefined && connected !== undefined && connected !== exchange) {
      throw usageError(
        `line ${line} of ${file} is a connection to ${connected}, not to ${exchange}; leave out --exchange ${exchange}`,
      );
    }
    return storeAs ?? exchange ?? connected;
  }

  #take(file: string, number: number, line: CaptureLine, exchange: string | undefined): void {
    if (line.kind === 'data') {
      this.#takeData(file, line.data, exchange);
      return;
    }
    this.counts.lines += 1;
    this.counts[line.kind] += 1;
    if (line.kind === 'broken') {
      this.problems.add([{ file, line: number, reason: line.reason }]);
    }
  }

  #takeData(file: string, line: DataLine, exchange: string | undefined): void {
    if (exchange === undefined) {
      throw usageError(
        `line ${line.number} of ${file} has data, but the capture does not name its exchange; add --exchange`,
      );
    }
    const message = readDataMessage(line, exchange);
    if (message === undefined) {
      const reason = 'its message names no channel or no instrument';
      this.#take(file, line.number, { kind: 'broken', reason }, exchange);
      return;
    }
    this.#batch.push(message);
    this.#batchCharacters += line.json.length;
  }

  async #store(file: string): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchCharacters = 0;
    if (batch.length === 0) {
      return;
    }
    const outcome = await storeBatch(this.#db, batch, this.#rewrite);
    this.#rewrite ||= outcome.candlesWereMissing;
    for (const message of batch) {
      this.#count(message);
    }
    addOutcome(this.counts, outcome);
    this.problems.add([...outcome.rejected, ...outcome.candles.rejected].map((problem) => ({ file, ...problem })));
    this.#options.progress(this.#bytesRead, this.counts.messages.read);
  }

  #count({ point, items, candles, skipped }: DataMessage): void {
    const { messages, dataTypes, candleRows } = this.counts;
    this.counts.lines += 1;
    messages.read += 1;
    dataTypes[point.dataType] ??= { messages: 0, items: 0 };
    const ofType = dataTypes[point.dataType] as { messages: number; items: number };
    ofType.messages += 1;
    ofType.items += items;
    candleRows.read += skipped === undefined ? candles.length : items;
    if (skipped !== undefined) {
      candleRows.skipped += items;
      this.series.skip(skipped, items);
    }
    this.series.see(candles);
  }
}

/**
 * The counts of a replay. `lines` is the sum of messages read and of control, transport, empty and broken lines. `read`
 * of messages and of candle rows is the sum of the other counts.
 */
export type ReplayCounts = ReturnType<typeof noCounts>;

function noCounts() {
  return {
    lines: 0,
    messages: { read: 0, stored: 0, alreadyStored: 0, rejected: 0 },
    /** Messages and their elements, by data type. Names come from the capture and may be `__proto__`. */
    dataTypes: Object.create(null) as Record<string, { messages: number; items: number }>,
    candleRows: { read: 0, inserted: 0, updated: 0, unchanged: 0, rejected: 0, skipped: 0 },
    control: 0,
    transport: 0,
    empty: 0,
    broken: 0,
  };
}

function addOutcome({ messages, candleRows }: ReplayCounts, outcome: BatchOutcome): void {
  messages.stored += outcome.stored;
  messages.alreadyStored += outcome.alreadyStored;
  messages.rejected += outcome.rejected.length;
  candleRows.inserted += outcome.candles.inserted;
  candleRows.updated += outcome.candles.updated;
  candleRows.unchanged += outcome.candles.unchanged;
  candleRows.rejected += outcome.candles.rejected.length + outcome.rowsOfRejected;
}

// a capture has some dozens; this bounds memory for any input
const MOST = 1_000;

/** The series of a capture in the order of their first candles, and the candle rows without a series. */
export class SeriesSeen {
  readonly #series = new Map<string, Series>();
  readonly #skipped = new Map<string, number>();

  get all(): Series[] {
    return [...this.#series.values()];
  }

  /** Why rows were skipped, and how many for each reason. */
  get skipped(): { reason: string; rows: number }[] {
    return [...this.#skipped].map(([reason, rows]) => ({ reason, rows }));
  }

  see(rows: readonly ParsedRow[]): void {
    for (const row of rows) {
      if ('candle' in row && this.#series.size < MOST) {
        const { exchange, symbol, timeframe, priceType } = row.candle;
        const key = [exchange, symbol, timeframe, priceType].join('\u0000');
        this.#series.set(key, { exchange, symbol, timeframe, priceType });
      }
    }
  }

  skip(reason: string, rows: number): void {
    if (this.#skipped.size < MOST || this.#skipped.has(reason)) {
      this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + rows);
    }
  }
}
