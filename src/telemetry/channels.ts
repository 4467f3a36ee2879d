import { channel, type TracingChannel, tracingChannel } from 'node:diagnostics_channel';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { classifyError } from '../errors/translate-error.ts';

/** What went wrong, without the message, which may contain input. */
export interface TracedError {
  /** The kind of the error, as `error.kind` has it. */
  readonly 'error.type': string;
  /** The database's error number or code, if there is one. */
  readonly 'db.response.status_code'?: string;
}

/** A message on one of this library's channels. All events of one operation share one object. */
interface Trace {
  /** Set before the events `error` and `asyncEnd` of a failure. */
  error?: TracedError;
}

/** `tradestore:operation`: one public call, or one batch of a writer. */
export interface OperationTrace extends Trace {
  /** `marketData.upsertCandles` */
  readonly 'db.operation.name': string;
}

/** `tradestore:attempt`: one attempt of an operation. */
export interface AttemptTrace extends OperationTrace {
  /** 1 for the first. */
  readonly attempt: number;
}

/** `tradestore:statement`: one statement, as it was sent. */
export interface StatementTrace extends Trace {
  /** Its shape, with `?` for each value. */
  readonly 'db.query.text': string;
  /** Rows read or written; set when it has ended. */
  rows?: number;
}

/** `tradestore:acquire` and `tradestore:open`: waiting for a connection of the pool, and opening one. */
export interface ConnectionTrace extends Trace {}

/** `tradestore:batch`: a batch of a writer. */
export interface BatchTrace extends Trace {
  readonly 'db.operation.batch.size': number;
  inserted?: number;
  updated?: number;
  unchanged?: number;
  spooled?: number;
}

/** `tradestore:spool`: rows that are put into a spool, or drained from it into the database. */
export interface SpoolTrace extends Trace {
  readonly 'db.operation.name': 'put' | 'drain';
  readonly 'db.operation.batch.size': number;
  readonly directory: string;
}

function traceOf<T extends object>(name: string): TracingChannel<T, T> {
  return tracingChannel<T, T>(`tradestore:${name}`);
}

/** The channels of this library. Those of the drivers would publish values, so nothing is sent through them. */
export const OPERATIONS = traceOf<OperationTrace>('operation');
export const ATTEMPTS = traceOf<AttemptTrace>('attempt');
export const STATEMENTS = traceOf<StatementTrace>('statement');
export const ACQUIRES = traceOf<ConnectionTrace>('acquire');
export const OPENS = traceOf<ConnectionTrace>('open');
export const BATCHES = traceOf<BatchTrace>('batch');
export const SPOOLS = traceOf<SpoolTrace>('spool');
/** A connection of the pool was closed, for whatever reason: a plain channel with empty messages. */
export const CLOSES = channel('tradestore:close');

/**
 * Does work, and publishes its events if the channel has subscribers. `tracePromise()` alone would publish the result
 * and the error, which contain values.
 *
 * @param ended adds to the message what is known at the end
 */
export function traced<M extends object, T>(
  channel: TracingChannel<M, M>,
  message: () => M,
  work: () => Promise<T>,
  ended?: (message: M, value: T) => void,
): Promise<T> {
  return channel.hasSubscribers ? published(channel, message(), work, ended) : work();
}

async function published<M extends object, T>(
  channel: TracingChannel<M, M>,
  message: M,
  work: () => Promise<T>,
  ended?: (message: M, value: T) => void,
): Promise<T> {
  const outcome = Promise.withResolvers<T>();
  const silent = async (): Promise<void> => {
    try {
      const value = await work();
      ended?.(message, value);
      outcome.resolve(value);
    } catch (error) {
      outcome.reject(error);
      throw tracedError(error);
    }
  };
  await channel.tracePromise(silent, message).catch(() => undefined);
  return outcome.promise;
}

function tracedError(error: unknown): TracedError {
  const { errno, code } = (typeof error === 'object' && error !== null ? error : {}) as Record<string, unknown>;
  const status = errno ?? code;
  return {
    'error.type': error instanceof DatabaseOperationError ? error.kind : classifyError(error).kind,
    ...(status === undefined ? {} : { 'db.response.status_code': String(status) }),
  };
}
