import type { PhysicalConnection } from '../physical-connection.ts';

interface Caller {
  take(connection: PhysicalConnection): void;
  fail(error: unknown): void;
}

/** Those who wait for a connection, in the order in which they came. */
export class WaitingCallers {
  readonly #callers = new Set<Caller>();

  get size(): number {
    return this.#callers.size;
  }

  /** @param timedOut what is thrown when the time is over; the caller is not counted any more */
  wait(timeoutMs: number, timedOut: () => Error): Promise<PhysicalConnection> {
    return new Promise((resolve, reject) => {
      const ended = (): void => {
        clearTimeout(timer);
        this.#callers.delete(caller);
      };
      const caller: Caller = {
        take: (connection) => {
          ended();
          resolve(connection);
        },
        fail: (error) => {
          ended();
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        ended();
        reject(timedOut());
      }, timeoutMs);
      this.#callers.add(caller);
    });
  }

  /** Hands a connection to whoever waits longest. */
  serveFirst(connection: PhysicalConnection): void {
    this.#first()?.take(connection);
  }

  failFirst(error: unknown): void {
    this.#first()?.fail(error);
  }

  failAll(error: unknown): void {
    for (const caller of [...this.#callers]) {
      caller.fail(error);
    }
  }

  #first(): Caller | undefined {
    return this.#callers.values().next().value;
  }
}
