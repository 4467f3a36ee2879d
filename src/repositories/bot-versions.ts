/** The version under which something was read. */
export interface Versioned {
  readonly id: number;
  readonly version: number;
}

/**
 * The versions of bots as one attempt of a transaction knows them: what it writes is written under these, so
 * that what it decided from is still so.
 */
export class BotVersions {
  readonly #read = new Map<number, number>();
  #written: ReadonlyMap<number, number> = new Map();

  /** The version that a write relies on; `undefined` where the transaction has neither read nor written the bot. */
  of(id: number): number | undefined {
    return this.#written.get(id) ?? this.#read.get(id);
  }

  /** Of two reads the first counts: who decides by it must not be hidden by the second. */
  read({ id, version }: Versioned): void {
    if (this.of(id) === undefined) {
      this.#read.set(id, version);
    }
  }

  wrote({ id, version }: Versioned): void {
    this.#written = new Map(this.#written).set(id, version);
  }

  /** A write that relied on nothing: what somebody else has changed since the bot was read is still to be found. */
  counted({ id, version }: Versioned): void {
    const known = this.of(id);
    this.wrote({ id, version: known === undefined ? version : known + 1 });
  }

  /** Marks where a savepoint begins. Undoing it undoes what was written; what was read stays read. */
  savepoint(): () => void {
    const written = this.#written;
    return () => {
      this.#written = written;
    };
  }
}
