import { resolve } from 'node:path';
import type { z } from 'zod';
import { object, signal, timerMs, whole } from './primitives.ts';
import { spoolDirectorySchema } from './spool-options.schema.ts';
import { forceUpdateSchema } from './write-options.schema.ts';

const BATCH_ROWS = 5_000;
const BATCH_BYTES = 4 * 1024 * 1024;
const FLUSH_INTERVAL_MS = 1_000;
// so that the next batches can gather while one is in flight
const BATCHES_HELD = 4;
/** How large a spool may become by default. */
export const DEFAULT_SPOOL_BYTES = 1024 * 1024 * 1024;
const SPOOL_ITSELF_BYTES = 1024 * 1024;

/** Where a writer puts rows that the database cannot take. */
export interface SpoolOptions {
  /** A directory on a local disk, made if there is none. One process, and in it one instance, uses it at a time. */
  readonly directory: string;
  /**
   * Bytes that the spool's file may grow to, at least 1 MiB more than four times `batchBytes`. When it is full,
   * writers wait. Rows that the database refused are kept beyond it. @default 1073741824 (1 GiB)
   */
  readonly maxBytes?: number | undefined;
}

/** {@link SpoolOptions} with their defaults. */
export interface SpoolSettings {
  /** An absolute path. */
  readonly directory: string;
  readonly maxBytes: number;
}

/** How a writer gathers rows and how many it holds. */
export interface WriterOptions {
  /** Rows of a batch, at most; as soon as so many have gathered, they are stored. @default 5000, or a quarter of `highWaterMark` if that is less */
  readonly batchRows?: number | undefined;
  /** Bytes of a batch, at most, by the size of the rows' texts; as soon as so many have gathered, they are stored. @default 4194304 (4 MiB) */
  readonly batchBytes?: number | undefined;
  /** Longest time that a row waits for others before it is stored, in milliseconds. @default 1000 */
  readonly flushIntervalMs?: number | undefined;
  /**
   * Rows held at most, those in flight included: from there on `write()` returns false until there is room. It also
   * does when the rows held have more than four times `batchBytes`. @default 4 × batchRows
   */
  readonly highWaterMark?: number | undefined;
  /** Destroys the writer with an `AbortError`. Rows that are not stored by then are in `unwritten`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Keeps rows on a local disk while the database cannot take them, and stores them when it can. @default none:
   * the writer fails when the instance's `retry` budget is spent
   */
  readonly spool?: SpoolOptions | undefined;
}

/** {@link WriterOptions} with their defaults. */
export interface WriterSettings {
  readonly batchRows: number;
  readonly batchBytes: number;
  readonly flushIntervalMs: number;
  readonly highWaterMark: number;
  /** Bytes held at most, except for the row that passes this mark. */
  readonly highWaterMarkBytes: number;
  readonly signal: AbortSignal | undefined;
  readonly spool?: SpoolSettings | undefined;
}

const schema = object('the options of a writer', {
  batchRows: whole(1, 1_000_000, ' of rows').optional(),
  batchBytes: whole(1, 1_073_741_824, ' of bytes').optional(),
  flushIntervalMs: timerMs.optional(),
  highWaterMark: whole(1, 1_000_000_000, ' of rows').optional(),
  signal,
  spool: object('the options of a spool', {
    directory: spoolDirectorySchema,
    maxBytes: whole(1, Number.MAX_SAFE_INTEGER, ' of bytes').optional(),
  }).optional(),
});

/** Checks the options of `rawTradeWriter` and fills in defaults. */
export const writerOptionsSchema = schema.transform(settingsOf);

/** Checks the options of `candleWriter` and fills in defaults. */
export const candleWriterOptionsSchema = schema
  .extend({ forceUpdate: forceUpdateSchema })
  .transform(({ forceUpdate, ...options }, context) => ({ forceUpdate, ...settingsOf(options, context) }));

function settingsOf(options: WriterOptions, context: { issues: z.core.$ZodRawIssue[] }): WriterSettings {
  const { highWaterMark, batchBytes = BATCH_BYTES, flushIntervalMs = FLUSH_INTERVAL_MS, signal, spool } = options;
  // with only `highWaterMark` given, batches are small enough that the next ones can gather beside them
  const share = highWaterMark === undefined ? BATCH_ROWS : Math.ceil(highWaterMark / BATCHES_HELD);
  const batchRows = options.batchRows ?? Math.min(BATCH_ROWS, share);
  if (highWaterMark !== undefined && highWaterMark < batchRows) {
    const message = `at least batchRows (${batchRows}), which could not gather otherwise`;
    context.issues.push({ code: 'custom', path: ['highWaterMark'], message, input: highWaterMark });
  }
  // all rows held must fit into an empty spool
  const least = SPOOL_ITSELF_BYTES + BATCHES_HELD * batchBytes;
  if (spool?.maxBytes !== undefined && spool.maxBytes < least) {
    const message = `at least ${least}: 1 MiB and four times batchBytes (${batchBytes})`;
    context.issues.push({ code: 'custom', path: ['spool', 'maxBytes'], message, input: spool.maxBytes });
  }
  return {
    batchRows,
    batchBytes,
    flushIntervalMs,
    highWaterMark: highWaterMark ?? BATCHES_HELD * batchRows,
    highWaterMarkBytes: BATCHES_HELD * batchBytes,
    signal,
    spool: spool && {
      directory: resolve(spool.directory),
      maxBytes: spool.maxBytes ?? Math.max(DEFAULT_SPOOL_BYTES, least),
    },
  };
}
