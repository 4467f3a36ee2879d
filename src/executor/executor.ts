import type { Turn } from '../async/turns.ts';
import type { WriterSettings } from '../schemas/writer-options.schema.ts';
import type { RowWriter } from '../streams/row-writer.ts';
import type { WriterTarget } from '../streams/writer-target.ts';
import type { ReadSession, Session } from './session.ts';

/** Everything as it was at one moment, on a connection that is held until the snapshot is released. */
export interface Snapshot {
  run<T>(work: (session: ReadSession) => Promise<T>): Promise<T>;
  release(): Promise<void>;
}

/** How a piece of work may be run. */
export interface RunOptions {
  /**
   * Whether the work may run twice. If so, it is retried even when the outcome of the first attempt is not known.
   * A function is called after a failure, where the answer depends on how far the work got.
   */
  readonly idempotent: boolean | (() => boolean);
  /** Whether all statements of the work are stored or none. @default false */
  readonly atomic?: boolean;
  /**
   * In a transaction, other operations are refused until this one has ended. `leave` ends it early, when the
   * transaction ends.
   */
  readonly exclusive?: { leave(): void } | undefined;
  /** Whether a failure to get a connection in time is retried as an outage, because no caller waits. @default false */
  readonly waitsForPool?: boolean | undefined;
  /** Called before each further attempt. */
  readonly onRetry?: (() => void) | undefined;
  /** When aborted, no further attempt is made. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs a repository's work: gives it a session, retries it where that is safe and translates the errors it throws.
 * Outside a transaction each run stands for itself; inside one it belongs to the transaction.
 */
export interface Executor {
  /**
   * Lets other work run in the middle of long work. Absent in a transaction, where operations run in the order in
   * which they are called, awaited or not.
   */
  readonly turn?: Turn | undefined;
  /** Logs a write, or its outcome, at debug level. The text is made only if that level is enabled. */
  debug(operation: string, text: () => string): void;
  /** Counts several runs as one operation: an instance that is closed meanwhile waits for all of them. */
  track<T>(operation: string, work: () => Promise<T>): Promise<T>;
  run<T>(operation: string, options: RunOptions, work: (session: Session) => Promise<T>): Promise<T>;
  /** Opens a snapshot, which counts as in flight until it is released. A transaction is a snapshot of its own. */
  snapshot(operation: string): Promise<Snapshot>;
}

/** Opens writers, and has each of them store what it holds before the instance closes. */
export interface WriterHost {
  /** @throws DatabaseOperationError where a writer cannot live: in a transaction, or when the instance is closed */
  open<Input, Row extends Input>(
    target: Omit<WriterTarget<Row>, 'track'>,
    settings: WriterSettings,
  ): RowWriter<Input, Row>;
}
