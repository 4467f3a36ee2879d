import { z } from 'zod';
import { objectError } from './candle.schema.ts';
import { forceUpdateSchema } from './write-options.schema.ts';

const BATCH_ROWS = 5_000;
const BATCH_BYTES = 4 * 1024 * 1024;
const FLUSH_INTERVAL_MS = 1_000;
// so that one batch can be on its way while the next ones gather
const BATCHES_HELD = 4;

/** How a writer gathers rows and how many it holds. */
export interface WriterOptions {
  /** Rows that are written at once: so many gathered start a flush. @default 5000, or a quarter of `highWaterMark` if that is less */
  readonly batchRows?: number | undefined;
  /** Bytes that are written at once, by the size of the rows' texts: so many gathered start a flush. @default 4194304 (4 MiB) */
  readonly batchBytes?: number | undefined;
  /** Longest time that a row waits for others before a flush starts, in milliseconds. @default 1000 */
  readonly flushIntervalMs?: number | undefined;
  /**
   * Rows held at most, those on their way included: from there on `write()` returns false until there is
   * room. It also does when the rows held are larger than four times `batchBytes`. @default 4 × batchRows
   */
  readonly highWaterMark?: number | undefined;
  /** Destroys the writer, with an `AbortError`; what is not stored by then stays in `unwritten`. */
  readonly signal?: AbortSignal | undefined;
}

/** {@link WriterOptions}, every one with its final value. */
export interface WriterSettings {
  readonly batchRows: number;
  readonly batchBytes: number;
  readonly flushIntervalMs: number;
  readonly highWaterMark: number;
  /** Bytes held at most, but for the row that passes the mark. */
  readonly highWaterMarkBytes: number;
  readonly signal: AbortSignal | undefined;
}

const wholeNumber = (unit: string, most: number) =>
  z
    .int({ error: `a whole number of ${unit}` })
    .min(1, { error: 'at least 1' })
    .max(most, { error: `at most ${most}` });

const fields = {
  batchRows: wholeNumber('rows', 1_000_000).optional(),
  batchBytes: wholeNumber('bytes', 1_073_741_824).optional(),
  flushIntervalMs: wholeNumber('milliseconds', 2_147_483_647).optional(),
  highWaterMark: wholeNumber('rows', 1_000_000_000).optional(),
  signal: z.instanceof(AbortSignal, { error: 'an AbortSignal' }).optional(),
};

const error = objectError('the options of a writer');

/** Checks the options of `rawTradeWriter` and fills in what is left out. */
export const writerOptionsSchema = z.strictObject(fields, { error }).transform(settingsOf);

/** Checks the options of `candleWriter` and fills in what is left out. */
export const candleWriterOptionsSchema = z
  .strictObject({ ...fields, forceUpdate: forceUpdateSchema }, { error })
  .transform(({ forceUpdate, ...options }, context) => ({ forceUpdate, ...settingsOf(options, context) }));

function settingsOf(options: WriterOptions, context: { issues: z.core.$ZodRawIssue[] }): WriterSettings {
  const { highWaterMark, batchBytes = BATCH_BYTES, flushIntervalMs = FLUSH_INTERVAL_MS, signal } = options;
  // who only says how much may be held gets batches that leave room for the next ones beside them
  const share = highWaterMark === undefined ? BATCH_ROWS : Math.ceil(highWaterMark / BATCHES_HELD);
  const batchRows = options.batchRows ?? Math.min(BATCH_ROWS, share);
  if (highWaterMark !== undefined && highWaterMark < batchRows) {
    const message = `at least batchRows (${batchRows}), which could not gather otherwise`;
    context.issues.push({ code: 'custom', path: ['highWaterMark'], message, input: highWaterMark });
  }
  return {
    batchRows,
    batchBytes,
    flushIntervalMs,
    highWaterMark: highWaterMark ?? BATCHES_HELD * batchRows,
    highWaterMarkBytes: BATCHES_HELD * batchBytes,
    signal,
  };
}
