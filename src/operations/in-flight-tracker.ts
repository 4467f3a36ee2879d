import { AsyncLocalStorage } from 'node:async_hooks';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { OPERATIONS, traced } from '../telemetry/channels.ts';

interface Operation {
  inFlight: boolean;
}

/** Counts the operations in flight, so that closing can wait for them. */
export class InFlightTracker {
  readonly #current = new AsyncLocalStorage<Operation>();
  readonly #idle = Promise.withResolvers<void>();
  readonly #cutOff = new AbortController();
  #inFlight = 0;
  #closed = false;

  /** Whether new operations are refused. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Aborted when operations in flight are cut off. */
  get cutOff(): AbortSignal {
    return this.#cutOff.signal;
  }

  /**
   * Whether the running code is part of an operation in flight, which would wait in vain for its own end. Code that
   * an operation started without waiting for it may outlive the operation, and is then part of none.
   */
  get inside(): boolean {
    return this.#current.getStore()?.inFlight === true;
  }

  /**
   * Counts an operation until it settles. One that begins inside another is part of that, and is let in even
   * after the tracker was closed.
   *
   * @param options.alone whether it is an operation of its own, even inside another
   * @throws DatabaseOperationError of kind `closed` when the tracker was closed before
   */
  async track<T>(
    operation: string,
    work: () => Promise<T>,
    { alone = false }: { readonly alone?: boolean } = {},
  ): Promise<T> {
    if (!alone && this.#current.getStore()?.inFlight === true) {
      return work();
    }
    if (this.#closed) {
      throw closedError(operation);
    }
    const current: Operation = { inFlight: true };
    this.#inFlight += 1;
    try {
      return await traced(
        OPERATIONS,
        () => ({ 'db.operation.name': operation }),
        () => this.#current.run(current, work),
      );
    } finally {
      current.inFlight = false;
      this.#inFlight -= 1;
      if (this.#closed && this.#inFlight === 0) {
        this.#idle.resolve();
      }
    }
  }

  /** Refuses new operations. Settles when none is in flight, or when those in flight are cut off. */
  close(): Promise<void> {
    this.#closed = true;
    if (this.#inFlight === 0) {
      this.#idle.resolve();
    }
    return this.#idle.promise;
  }

  /** Stops waiting for operations in flight: they are about to be cut off. */
  abort(): void {
    this.#closed = true;
    this.#cutOff.abort();
    this.#idle.resolve();
  }
}

/** The error of an operation that was called after the instance was closed. */
export function closedError(operation: string, cause?: unknown): DatabaseOperationError {
  return new DatabaseOperationError(`${operation}: the instance was closed; make a new one`, {
    operation,
    kind: 'closed',
    cause,
  });
}
