import { AsyncLocalStorage } from 'node:async_hooks';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';
import { OPERATIONS, traced } from '../telemetry/channels.ts';

/** Knows which operations are under way, so that closing can wait for them as a whole. */
export class InFlightTracker {
  readonly #inside = new AsyncLocalStorage<{ underWay: boolean; readonly patient: boolean }>();
  #underWay = 0;
  #closed = false;
  #forced = false;
  readonly #idle = Promise.withResolvers<void>();
  readonly #cut = Promise.withResolvers<void>();
  readonly #ended = new AbortController();

  /** Whether operations under way were cut off. */
  get forced(): boolean {
    return this.#forced;
  }

  /** Is aborted when operations under way are cut off. */
  get cutOff(): AbortSignal {
    return this.#ended.signal;
  }

  /** Settles when operations under way are cut off. */
  get whenForced(): Promise<void> {
    return this.#cut.promise;
  }

  /** Whether the running code is a part of an operation that is under way, so that waiting for its end is in vain. */
  get inside(): boolean {
    // what an operation has started, and not waited for, may run on when the operation is over
    return this.#inside.getStore()?.underWay === true;
  }

  /** Whether the running code is a part of work that nobody waits for as for an answer: a writer's. */
  get patient(): boolean {
    return this.#inside.getStore()?.patient === true;
  }

  /** Whether nothing more is let in. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Lets an operation in and counts it until it has settled. What an operation does inside counts as part
   * of it, also when the instance was closed meanwhile.
   *
   * @throws DatabaseOperationError of kind `closed` when it comes too late
   */
  async pass<T>(operation: string, work: () => Promise<T>): Promise<T> {
    return this.inside ? work() : this.enter(operation, work);
  }

  /** The same for work that stands for itself, even where it happens to be begun inside of another operation. */
  async enter<T>(operation: string, work: () => Promise<T>, patient = false): Promise<T> {
    if (this.#closed) {
      throw closedError(operation);
    }
    this.#underWay += 1;
    const operationItself = { underWay: true, patient };
    try {
      return await traced(
        OPERATIONS,
        () => ({ 'db.operation.name': operation }),
        () => this.#inside.run(operationItself, work),
      );
    } finally {
      operationItself.underWay = false;
      this.#underWay -= 1;
      this.#tell();
    }
  }

  /** Lets nothing more in; settles when nothing is under way any more, or when that is cut short. */
  close(): Promise<void> {
    this.#closed = true;
    this.#tell();
    return this.#idle.promise;
  }

  /** Stops waiting for what is under way: it is about to be cut off. */
  force(): void {
    this.#closed = true;
    this.#forced = true;
    this.#idle.resolve();
    this.#cut.resolve();
    this.#ended.abort();
  }

  #tell(): void {
    if (this.#closed && this.#underWay === 0) {
      this.#idle.resolve();
    }
  }
}

/** The error of an operation that came after the instance was closed. */
export function closedError(operation: string, cause?: unknown): DatabaseOperationError {
  return new DatabaseOperationError(`${operation}: the instance was closed; make a new one`, {
    operation,
    kind: 'closed',
    cause,
  });
}
