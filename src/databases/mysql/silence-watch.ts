import type { Whereabouts } from './process-list.ts';

/** How long a silent server is put up with. */
export interface SilenceSettings {
  /** Silence after which the server is asked; 0 never asks. */
  readonly silenceCheckMs: number;
  /** How long it may be out of reach before the connection counts as lost. */
  readonly outageMs: number;
}

/** What is watched: one connection, while a statement is under way on it. */
export interface Watched {
  /** Whether what comes is taken at the moment; else the server may have to wait for us. */
  listens(): boolean;
  /** Bytes that came from the server so far. */
  bytesRead(): number;
  /** Bytes that were handed to the system so far. */
  bytesWritten(): number;
  /** Asks the server, on another connection, what it does on this one. */
  whereabouts(): Promise<Whereabouts>;
  /** Ends it at the server, which settles what becomes of the statement. Says whether that is certain. */
  endAtServer(): Promise<boolean>;
  /** The connection is lost: whoever waits for an answer is told. */
  lose(error: Error): void;
}

/** A slower line counts as silent. What the system has taken but not yet sent cannot be seen. */
const SLOWEST_BYTES_PER_MS = 16;
const LONGEST_PAUSE_MS = 60_000;
/** An answer may be on its way while the server is asked. */
const BETWEEN_TWO_LOOKS_MS = 1_000;

/**
 * Tells a statement that takes long from one whose answer will never come. Nothing else does: a server that
 * hangs and a network that swallows what is sent both keep the connection open for ever (TCP gives up after a
 * quarter of an hour where something was sent, and never where only an answer is awaited), and a time limit
 * would cut off what only takes its time.
 */
export class SilenceWatch {
  readonly #watched: Watched;
  readonly #settings: SilenceSettings;
  #underWay = 0;
  #timer: NodeJS.Timeout | undefined;
  #pauseMs = 0;
  #bytes = { read: 0, written: 0, atStart: 0 };
  #heardAt = 0;
  /** When the server last said that it works on it, or was heard. */
  #knownAt = 0;
  #looking = false;
  #silent = false;

  constructor(watched: Watched, settings: SilenceSettings) {
    this.#watched = watched;
    this.#settings = settings;
  }

  /** Whether a statement is under way and it is not known that the server works on it. */
  get silent(): boolean {
    return this.#silent;
  }

  /** A statement is sent. */
  begin(): void {
    this.#underWay += 1;
    if (this.#underWay === 1 && this.#settings.silenceCheckMs > 0) {
      this.#bytes.atStart = this.#watched.bytesWritten();
      this.#hear();
    }
  }

  /** It was answered, or has failed. */
  end(): void {
    if (this.#underWay > 1) {
      this.#underWay -= 1;
    } else {
      this.stop();
    }
  }

  /** The connection is given up. */
  stop(): void {
    this.#underWay = 0;
    this.#silent = false;
    clearTimeout(this.#timer);
  }

  /** Takes note of what has passed; says whether anything has. */
  #heard(): boolean {
    const read = this.#watched.bytesRead();
    const written = this.#watched.bytesWritten();
    const heard = !this.#watched.listens() || read !== this.#bytes.read || written !== this.#bytes.written;
    this.#bytes = { ...this.#bytes, read, written };
    return heard;
  }

  #hear(): void {
    this.#heard();
    this.#heardAt = performance.now();
    this.#knownAt = this.#heardAt;
    this.#silent = false;
    this.#pauseMs = this.#settings.silenceCheckMs;
    this.#wait(this.#pauseMs);
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    // what is waited for keeps the process alive, not this
    this.#timer = setTimeout(() => this.#look(), ms).unref();
  }

  #look(): void {
    if (this.#heard()) {
      this.#hear();
    } else if (!this.#looking) {
      this.#looking = true;
      this.#silent = true;
      void this.#ask().finally(() => {
        this.#looking = false;
        if (this.#underWay > 0) {
          this.#wait(this.#pauseMs);
        }
      });
    }
  }

  async #ask(): Promise<void> {
    const asked = this.#heardAt;
    const whereabouts = await this.#watched.whereabouts();
    if (this.#over(asked)) {
      return;
    }
    if (whereabouts === 'working' || whereabouts === 'unknown') {
      this.#silent = false;
      this.#knownAt = performance.now();
      this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
    } else if (whereabouts === 'unreachable') {
      this.#pauseMs = BETWEEN_TWO_LOOKS_MS;
      this.#silent = true;
      const unknownMs = performance.now() - this.#knownAt;
      if (unknownMs >= this.#settings.outageMs) {
        this.#lose(`the server cannot be reached and has said nothing for ${Math.round(unknownMs / 1_000)} s`);
      }
    } else {
      this.#pauseMs = BETWEEN_TWO_LOOKS_MS;
      await this.#confirm(whereabouts, performance.now() - this.#heardAt, asked);
    }
  }

  /** The server does not work on it: then either its answer is on its way, or the statement is, or one is lost. */
  async #confirm(whereabouts: 'idle' | 'gone', silentMs: number, asked: number): Promise<void> {
    const sent = this.#bytes.written - this.#bytes.atStart;
    if (silentMs < this.#settings.silenceCheckMs + sent / SLOWEST_BYTES_PER_MS) {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_TWO_LOOKS_MS).unref());
    const again = this.#over(asked) ? undefined : await this.#watched.whereabouts();
    if (this.#over(asked) || again !== whereabouts) {
      return;
    }
    // from here on nothing of it can be done any more: a repetition cannot be overtaken by it
    if ((await this.#watched.endAtServer()) && !this.#over(asked)) {
      this.#lose('the server no longer works on the statement, and its answer has not come');
    }
  }

  #lose(message: string): void {
    const error = { code: 'PROTOCOL_CONNECTION_LOST', fatal: true, silentSince: this.#knownAt };
    this.#watched.lose(Object.assign(new Error(message), error));
  }

  /** Whether the statement that was asked about has been heard of meanwhile. */
  #over(asked: number): boolean {
    if (this.#underWay > 0 && asked === this.#heardAt && this.#heard()) {
      this.#hear();
    }
    return this.#underWay === 0 || asked !== this.#heardAt;
  }
}
