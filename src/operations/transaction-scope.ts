import { AsyncLocalStorage } from 'node:async_hooks';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';

/** Which savepoint the running code is inside of, over all transactions. */
const running = new AsyncLocalStorage<TransactionScope>();

/**
 * One transaction, or one savepoint inside it. What is started in it is done one after another: a
 * connection has one stack of savepoints, so two of them side by side would undo each other's work.
 */
export class TransactionScope {
  readonly #parent: TransactionScope | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #ended = false;
  #failure: DatabaseOperationError | undefined;
  readonly #own: WeakSet<object>;

  constructor(parent?: TransactionScope) {
    this.#parent = parent;
    this.#own = parent === undefined ? new WeakSet() : parent.#own;
  }

  /** What made the server give up the whole transaction. */
  get failure(): DatabaseOperationError | undefined {
    return this.#failure ?? this.#parent?.failure;
  }

  get ended(): boolean {
    return this.#ended || this.#parent?.ended === true;
  }

  /** The whole transaction is lost: every scope of it is. */
  fail(error: DatabaseOperationError): void {
    this.#failure ??= error;
    this.#parent?.fail(error);
  }

  /** Remembers an error as one of this transaction, and not of what else its function does. */
  own(error: DatabaseOperationError): DatabaseOperationError {
    this.#own.add(error);
    return error;
  }

  owns(error: unknown): boolean {
    return error instanceof DatabaseOperationError && this.#own.has(error);
  }

  /**
   * Does a piece of work when all that was started before it is done. Code inside a savepoint that uses
   * the outer transaction's repositories works inside the savepoint: waiting for its end would be for ever.
   */
  enqueue<T>(operation: string, work: () => Promise<T>): Promise<T> {
    const inner = running.getStore();
    if (inner !== undefined && inner !== this && !inner.ended && inner.#isInside(this)) {
      return inner.enqueue(operation, work);
    }
    const done = this.#last.then(() => {
      this.#assertUsable(operation);
      return work();
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Runs a function as the code of this scope, waits for all that it started, and ends the scope. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await running.run(this, work);
    } finally {
      for (let last: unknown; last !== this.#last; ) {
        last = this.#last;
        await last;
      }
      this.#ended = true;
    }
  }

  #isInside(other: TransactionScope): boolean {
    const parent = this.#parent;
    return parent !== undefined && (parent === other || parent.#isInside(other));
  }

  /** A server that has undone the transaction would run the next statement outside of any. */
  #assertUsable(operation: string): void {
    if (this.ended) {
      const what = 'the transaction has ended; use the repositories of the instance, or a new transaction';
      throw this.own(new DatabaseOperationError(`${operation}: ${what}`, { operation, kind: 'closed' }));
    }
    if (this.failure !== undefined) {
      throw this.failure;
    }
  }
}
