import { ConflictError } from '../errors/conflict-error.ts';

/** A bot's id, and the version at which it was read or written. */
export interface Versioned {
  readonly id: number;
  readonly version: number;
}

/**
 * The versions of the bots that one attempt of a transaction has read and written. Its writes rely on them: a bot that
 * somebody else has changed since is not overwritten.
 */
export class BotVersions {
  readonly #read = new Map<number, number>();
  #written: ReadonlyMap<number, number> = new Map();

  /** The version that a write relies on; `undefined` where the transaction has not used the bot yet. */
  of(id: number): number | undefined {
    return this.#written.get(id) ?? this.#read.get(id);
  }

  /** Keeps the version of the first read: the caller may have decided by it. */
  read({ id, version }: Versioned): void {
    if (this.of(id) === undefined) {
      this.#read.set(id, version);
    }
  }

  wrote({ id, version }: Versioned): void {
    this.#written = new Map(this.#written).set(id, version);
  }

  /** Notes a write that relied on no version. A change by somebody else since the bot was read still has to be found. */
  adjusted({ id, version }: Versioned): void {
    const known = this.of(id);
    this.wrote({ id, version: known === undefined ? version : known + 1 });
  }

  /** Begins a savepoint, and returns what undoes it: written versions are forgotten, read ones stay. */
  savepoint(): () => void {
    const written = this.#written;
    return () => {
      this.#written = written;
    };
  }
}

/**
 * Throws when a locked bot is not at the version that a write relies on. Where this transaction has read that version
 * it is run again, as after a deadlock: then it reads the bot as it is now. A version from outside stays what it is.
 */
export function assertVersion(
  operation: string,
  { id, version }: Versioned,
  versions: BotVersions | undefined,
  expectedVersion?: number,
): void {
  const known = versions?.of(id);
  const expected = expectedVersion ?? known;
  if (expected === undefined || version === expected) {
    return;
  }
  const message = `bot ${id} is at version ${version}, not ${expected}; read it again and decide again`;
  const cause = Object.assign(new Error('it was read in the transaction'), { code: 'VERSION_CHANGED' });
  const again = expected === known ? { retryable: true, cause } : {};
  throw new ConflictError(operation, message, { expected, actual: version, ...again });
}
