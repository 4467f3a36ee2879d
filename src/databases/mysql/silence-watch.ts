import type { Connection } from 'mysql2';
import { lineOf } from './mysql2.ts';
import type { ThreadState } from './process-list.ts';

/** How long a silent server is waited for. */
export interface SilenceSettings {
  /** Silence after which the server is asked; 0 never asks. */
  readonly silenceCheckMs: number;
  /** How long it may be unreachable before the connection counts as lost. */
  readonly outageMs: number;
}

/** A connection that is watched while a statement runs on it. */
export interface Watched {
  readonly raw: Connection;
  /** Asks the server, on another connection, what this connection does. */
  state(): Promise<ThreadState>;
  /** Kills the connection at the server. Returns whether its statement certainly has no further effect. */
  kill(): Promise<boolean>;
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
  readonly #settings: SilenceSettings;
  #running = 0;
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

  constructor(watched: Watched, settings: SilenceSettings) {
    this.#watched = watched;
    this.#settings = settings;
  }

  /** Whether a statement is running and it is not known that the server works on it. */
  get silent(): boolean {
    return this.#silent;
  }

  /** A statement is sent. */
  begin(): void {
    this.#running += 1;
    if (this.#running === 1 && this.#settings.silenceCheckMs > 0) {
      this.#notice();
      this.#bytes.atStart = this.#bytes.written;
      this.#restart();
    }
  }

  /** A statement was answered, or has failed. */
  end(): void {
    if (this.#running > 1) {
      this.#running -= 1;
    } else if (this.#asked) {
      this.stop();
    } else {
      // the timer goes on for the next statement: a timer for each would cost more than the rest of the watch
      this.#running = 0;
    }
  }

  /** The connection is closed, or a statement has ended after the server was asked about it. */
  stop(): void {
    this.#running = 0;
    this.#silent = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Records the bytes that have passed. Returns whether there are new ones. */
  #notice(): boolean {
    const line = lineOf(this.#watched.raw);
    const read = line.bytesRead;
    const written = line.bytesWritten - line.writableLength;
    // while we read nothing, the server may have to wait for us
    const heard = line.isPaused() || read !== this.#bytes.read || written !== this.#bytes.written;
    this.#bytes = { read, written, atStart: this.#bytes.atStart };
    return heard;
  }

  /** The silence starts again. */
  #restart(): void {
    this.#heardAt = performance.now();
    this.#knownAt = this.#heardAt;
    this.#asked = false;
    this.#silent = false;
    this.#pauseMs = this.#settings.silenceCheckMs;
    if (this.#timer === undefined) {
      this.#wait(this.#pauseMs);
    }
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    // the caller that waits for the answer keeps the process alive, not this timer
    this.#timer = setTimeout(() => this.#check(), ms).unref();
  }

  #check(): void {
    this.#timer = undefined;
    const restMs = this.#heardAt + this.#pauseMs - performance.now();
    if (this.#running === 0 || this.#asking) {
      return;
    }
    if (this.#notice()) {
      this.#restart();
    } else if (restMs > 0) {
      // the timer was that of an earlier statement
      this.#wait(restMs);
    } else {
      this.#asking = true;
      this.#asked = true;
      this.#silent = true;
      void this.#ask().finally(() => {
        this.#asking = false;
        if (this.#running > 0) {
          this.#wait(this.#pauseMs);
        }
      });
    }
  }

  async #ask(): Promise<void> {
    const heardAt = this.#heardAt;
    const state = await this.#watched.state();
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
    const again = this.#wasHeardSince(heardAt) ? undefined : await this.#watched.state();
    if (this.#wasHeardSince(heardAt) || again !== state) {
      return;
    }
    // once it is killed, the statement cannot run after its own retry
    if ((await this.#watched.kill()) && !this.#wasHeardSince(heardAt)) {
      this.#lose('the server no longer works on the statement, and its answer has not come');
    }
  }

  #lose(message: string): void {
    const error = { code: 'PROTOCOL_CONNECTION_LOST', fatal: true, silentSince: this.#knownAt };
    this.#watched.lose(Object.assign(new Error(message), error));
  }

  /** Whether the statement that was asked about has been heard of, or has ended, meanwhile. */
  #wasHeardSince(heardAt: number): boolean {
    if (this.#running > 0 && heardAt === this.#heardAt && this.#notice()) {
      this.#restart();
    }
    return this.#running === 0 || heardAt !== this.#heardAt;
  }
}
