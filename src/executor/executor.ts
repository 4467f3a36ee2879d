import type { Turn } from '../async/turns.ts';
import type { DatabaseOperationError } from '../errors/database-operation-error.ts';
import type { SpoolSettings } from '../schemas/writer-options.schema.ts';
import type { Spool } from '../spool/spool.ts';
import type { WriterStats } from '../streams/row-writer.ts';
import type { ReadSession, Session } from './session.ts';

/** Everything as it was at one moment, on a connection that is held. */
export interface Snapshot {
  run<T>(work: (session: ReadSession) => Promise<T>): Promise<T>;
  /** Gives the connection back. */
  release(): Promise<void>;
}

/** How a piece of work may be treated. */
export interface RunOptions {
  /**
   * Whether it may be done twice: then it is repeated even when its first outcome is not known. Asked after
   * a failure, where it depends on how far the work came.
   */
  readonly idempotent: boolean | (() => boolean);
  /** Whether all its statements are stored or none. @default false */
  readonly atomic?: boolean;
  /** In a transaction nothing else is begun until it has ended; `leave` ends it early, together with the transaction. */
  readonly exclusive?: { leave(): void } | undefined;
  /** Is told of each attempt that has to be made again. */
  readonly onRetry?: (() => void) | undefined;
  /** Ends trying again. */
  readonly signal?: AbortSignal | undefined;
}

/** What whoever asks for a write may want of its further attempts. */
export type Tries = Pick<RunOptions, 'onRetry' | 'signal'>;

/** What takes rows for longer than one operation lasts. */
export interface OpenWriter {
  once(event: 'close', listener: () => void): unknown;
  /** Stores what it holds; a row that comes later makes it fail with the error. Never rejects. */
  settle(error: DatabaseOperationError): Promise<void>;
  /** Puts what it holds into its spool, or drops it. Never rejects. */
  cutOff(error: DatabaseOperationError): Promise<void>;
  stats(): Pick<WriterStats, 'written' | 'unchanged' | 'spooled' | 'queued'>;
}

/** What a writer is made with. */
export interface WriterGround {
  /** Does work that closing the instance waits for. */
  hold(work: () => Promise<void>): Promise<void>;
  /** The spool in a directory: one for all the writers of the instance that name it. */
  spool(settings: SpoolSettings): Spool;
}

/**
 * Runs a repository's work: hands it a session, repeats it where that is safe and translates what it
 * throws. Outside a transaction each run stands for itself; inside one it is bound to it.
 */
export interface Executor {
  /**
   * Lets others have their turn in the midst of long work. Absent in a transaction, in which what is called first
   * is done first, whether or not it is waited for.
   */
  readonly turn?: Turn | undefined;
  /** Tells the log of a write, or of what became of it, in words that are made only where somebody reads them. */
  debug(operation: string, say: () => string): void;
  /** Several runs that are one operation: an instance that is closed meanwhile waits for all of them. */
  whole<T>(operation: string, work: () => Promise<T>): Promise<T>;
  run<T>(operation: string, options: RunOptions, work: (session: Session) => Promise<T>): Promise<T>;
  /** Opens a snapshot, which counts as under way until it is released. A transaction is a snapshot of its own. */
  snapshot(operation: string): Promise<Snapshot>;
  /**
   * Makes a writer and keeps an eye on it until it closes: what it holds is stored before the instance closes.
   *
   * @throws DatabaseOperationError where a writer cannot live: in a transaction, or when the instance is closed
   */
  open<W extends OpenWriter>(operation: string, make: (ground: WriterGround) => W): W;
}
