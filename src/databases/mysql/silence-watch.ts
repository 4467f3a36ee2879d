import type { Socket } from 'node:net';
import type { ProcessList, ServerThread } from './process-list.ts';

/** How long a silent server is waited for. */
export interface SilenceSettings {
  /** Silence after which the server is asked; 0 never asks. */
  readonly silenceCheckMs: number;
  /** How long it may be unreachable before the connection counts as lost. */
  readonly outageMs: number;
}

/** A connection that is watched while a statement runs on it. */
export interface Watched {
  readonly line: Socket;
  /** How the server identifies the connection. */
  readonly thread: ServerThread;
  /** Whether a statement is running. */
  isBusy(): boolean;
  /** Marks the connection as lost; its callers get the error. */
  lose(error: Error): void;
}

/** A slower line counts as silent. Bytes that the system accepted but has not sent yet cannot be seen. */
const SLOWEST_BYTES_PER_MS = 16;
const LONGEST_PAUSE_MS = 60_000;
/** The answer may arrive while the server is being asked. */
const RECHECK_MS = 1_000;

/**
 * Tells a slow statement from one whose answer will never come. Nothing else does: a server that hangs and a network
 * that drops packets both keep the connection open. TCP gives up after a quarter of an hour if something was sent, and
 * never if only an answer is awaited. A time limit would also end statements that are merely slow.
 */
export class SilenceWatch {
  readonly #watched: Watched;
  readonly #processes: ProcessList;
  readonly #settings: SilenceSettings;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = 0;
  #bytes = { read: 0, written: 0, atStart: 0 };
  #heardAt = 0;
  /** When the server last said that it works on the statement, or was heard. */
  #knownAt = 0;
  #asking = false;
  /** Whether the server was asked since it was last heard. */
  #asked = false;
  #silent = false;

  /** @param processes asks the server about the connection, on another one */
  constructor(watched: Watched, processes: ProcessList, settings: SilenceSettings) {
    this.#watched = watched;
    this.#processes = processes;
    this.#settings = settings;
  }

  /** Whether a statement is running and it is not known that the server works on it. */
  get silent(): boolean {
    return this.#silent && this.#watched.isBusy();
  }

  /** The connection is closed. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  /**
   * Listens for bytes that have passed; each starts the silence again, and so does a statement.
   *
   * @param begins whether a statement is about to be sent, and no other is running
   * @returns whether the silence has started again
   */
  listen(begins = false): boolean {
    const { line } = this.#watched;
    const read = line.bytesRead;
    const written = line.bytesWritten - line.writableLength;
    // while we read nothing, the server may have to wait for us
    const heard = begins || line.isPaused() || read !== this.#bytes.read || written !== this.#bytes.written;
    this.#bytes = { read, written, atStart: begins ? written : this.#bytes.atStart };
    if (heard) {
      this.#heardAt = performance.now();
      this.#knownAt = this.#heardAt;
      this.#silent = false;
      this.#pauseMs = this.#settings.silenceCheckMs;
      // a timer for each statement would cost more than the rest of the watch, so one of an earlier statement goes on
      if (this.#timer === undefined || this.#asked) {
        this.#wait(this.#pauseMs);
      }
      this.#asked = false;
    }
    return heard;
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    // the caller that waits for the answer keeps the process alive, not this timer
    this.#timer = setTimeout(() => this.#check(), ms).unref();
  }

  #check(): void {
    this.#timer = undefined;
    if (!this.#watched.isBusy() || this.#asking || this.listen()) {
      return;
    }
    const restMs = this.#heardAt + this.#pauseMs - performance.now();
    if (restMs > 0) {
      // the timer was that of an earlier statement
      this.#wait(restMs);
    } else {
      this.#asking = true;
      this.#asked = true;
      this.#silent = true;
      void this.#ask().finally(() => {
        this.#asking = false;
        if (this.#watched.isBusy()) {
          this.#wait(this.#pauseMs);
        }
      });
    }
  }

  async #ask(): Promise<void> {
    const heardAt = this.#heardAt;
    const state = await this.#processes.stateOf(this.#watched.thread);
    if (this.#wasHeardSince(heardAt)) {
      return;
    }
    if (state === 'working' || state === 'unknown') {
      this.#silent = false;
      this.#knownAt = performance.now();
      this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    } else if (state === 'unreachable') {
      this.#pauseMs = RECHECK_MS;
      this.#silent = true;
      const unknownMs = performance.now() - this.#knownAt;
      if (unknownMs >= this.#settings.outageMs) {
        this.#lose(`the server cannot be reached and has been silent for ${Math.round(unknownMs / 1_000)} s`);
      }
    } else {
      this.#pauseMs = RECHECK_MS;
      await this.#confirm(state, performance.now() - this.#heardAt, heardAt);
    }
  }

  /** The server does not work on the statement: the statement or its answer is on its way, or one of them is lost. */
  async #confirm(state: 'idle' | 'gone', silentMs: number, heardAt: number): Promise<void> {
    const sent = this.#bytes.written - this.#bytes.atStart;
    if (silentMs < this.#settings.silenceCheckMs + sent / SLOWEST_BYTES_PER_MS) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, RECHECK_MS).unref());
    const again = this.#wasHeardSince(heardAt) ? undefined : await this.#processes.stateOf(this.#watched.thread);
    if (this.#wasHeardSince(heardAt) || again !== state) {
      return;
    }
    const [killed] = await this.#processes.kill([this.#watched.thread]).catch(() => []);
    // once it is killed, the statement cannot run after its own retry
    if ((killed === 'gone' || killed === 'killed') && !this.#wasHeardSince(heardAt)) {
      this.#lose('the server no longer works on the statement, and its answer has not come');
    }
  }

  #lose(message: string): void {
    const error = { code: 'PROTOCOL_CONNECTION_LOST', fatal: true, silentSince: this.#knownAt };
    this.#watched.lose(Object.assign(new Error(message), error));
  }

  /** Whether the statement that was asked about has been heard of, or has ended, meanwhile. */
  #wasHeardSince(heardAt: number): boolean {
    return !this.#watched.isBusy() || heardAt !== this.#heardAt || this.listen();
  }
}
