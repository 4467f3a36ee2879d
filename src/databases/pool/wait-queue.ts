import type { PhysicalConnection } from '../physical-connection.ts';

interface Waiter {
  resolve(connection: PhysicalConnection): void;
  reject(error: unknown): void;
}

/** Callers that wait for a connection, in the order in which they came. */
export class WaitQueue extends Set<Waiter> {
  /** @param timeoutError makes the error for a timeout; the caller has left the queue by then */
  wait(timeoutMs: number, timeoutError: () => Error): Promise<PhysicalConnection> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        clearTimeout(timer);
        this.delete(waiter);
      };
      const waiter: Waiter = {
        resolve: (connection) => {
          leave();
          resolve(connection);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        leave();
        reject(timeoutError());
      }, timeoutMs);
      this.add(waiter);
    });
  }

  resolveFirst(connection: PhysicalConnection): void {
    this.#first()?.resolve(connection);
  }

  rejectFirst(error: unknown): void {
    this.#first()?.reject(error);
  }

  rejectAll(error: unknown): void {
    for (const waiter of [...this]) {
      waiter.reject(error);
    }
  }

  #first(): Waiter | undefined {
    return this.values().next().value;
  }
}
