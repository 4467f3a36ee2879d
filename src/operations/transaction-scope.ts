import { AsyncLocalStorage } from 'node:async_hooks';
import { DatabaseOperationError } from '../errors/database-operation-error.ts';

/** The innermost transaction or savepoint that the running code belongs to. */
const running = new AsyncLocalStorage<TransactionScope>();

/**
 * One transaction, or one savepoint inside it. Its operations run one after another: a connection has one stack of
 * savepoints, so two at the same time would undo each other's work.
 */
export class TransactionScope {
  readonly #parent: TransactionScope | undefined;
  #last: Promise<unknown> = Promise.resolve();
  /** Operations that have more steps to enqueue. */
  readonly #unfinished = new Set<Promise<unknown>>();
  #ended = false;
  #exclusive: { readonly operation: string; leave(): void } | undefined;
  #failure: DatabaseOperationError | undefined;
  readonly #own: WeakSet<object>;
  readonly signal: AbortSignal | undefined;

  /** @param signal when aborted, no further operation begins */
  constructor(parent?: TransactionScope, signal: AbortSignal | undefined = parent?.signal) {
    this.#parent = parent;
    this.signal = signal;
    this.#own = parent === undefined ? new WeakSet() : parent.#own;
  }

  /** The error with which the server gave up the whole transaction. */
  get failure(): DatabaseOperationError | undefined {
    return this.#failure ?? this.#parent?.failure;
  }

  get ended(): boolean {
    return this.#ended || this.#parent?.ended === true;
  }

  /** Marks the whole transaction as lost, with every scope of it. */
  fail(error: DatabaseOperationError): void {
    this.#failure ??= error;
    this.#parent?.fail(error);
  }

  /** Remembers an error as one of this transaction, as opposed to one of the caller's other code. */
  own(error: DatabaseOperationError): DatabaseOperationError {
    this.#own.add(error);
    return error;
  }

  owns(error: unknown): boolean {
    return error instanceof DatabaseOperationError && this.#own.has(error);
  }

  /**
   * Runs an operation when all that were started before it have ended. Code inside a savepoint that uses the outer
   * transaction's repositories works inside the savepoint: waiting for the savepoint's end would never end.
   */
  enqueue<T>(operation: string, work: () => Promise<T>, exclusive?: { leave(): void }): Promise<T> {
    const innermost = this.#innermost();
    if (innermost !== this) {
      return innermost.enqueue(operation, work, exclusive);
    }
    if (this.#exclusive !== undefined) {
      return Promise.reject(this.#occupied(operation, this.#exclusive.operation));
    }
    if (exclusive !== undefined) {
      return this.#enqueueAlone(operation, work, exclusive);
    }
    const done = this.#last.then(() => {
      this.#assertUsable(operation);
      return work();
    });
    this.#last = done.catch(() => undefined);
    return done;
  }

  /** Runs an operation of several steps, each enqueued when the previous one is done. The scope ends after the last. */
  track<T>(work: () => Promise<T>): Promise<T> {
    const unfinished = this.#innermost().#unfinished;
    const done = work();
    const ended: Promise<unknown> = done.then(
      () => unfinished.delete(ended),
      () => unfinished.delete(ended),
    );
    unfinished.add(ended);
    return done;
  }

  /** Refuses other operations meanwhile: they would wait for its end, and its end perhaps for them. */
  #enqueueAlone<T>(operation: string, work: () => Promise<T>, exclusive: { leave(): void }): Promise<T> {
    const done = this.enqueue(operation, work);
    this.#exclusive = { operation, leave: () => exclusive.leave() };
    return done.finally(() => {
      this.#exclusive = undefined;
    });
  }

  #occupied(operation: string, by: string): DatabaseOperationError {
    const what = `${by} holds the transaction's connection until its loop is left; leave it first, or read the rows with query()`;
    return this.own(new DatabaseOperationError(`${operation}: ${what}`, { operation, kind: 'invalid-input' }));
  }

  /** Runs a function as the code of this scope, waits for all operations that it started, and ends the scope. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await running.run(this, work);
    } finally {
      // a stream that is still open would never end by itself
      this.#exclusive?.leave();
      for (let last: unknown; last !== this.#last || this.#unfinished.size > 0; ) {
        last = this.#last;
        await Promise.all([last, ...this.#unfinished]);
      }
      this.#ended = true;
    }
  }

  /** The savepoint that the running code belongs to, if it is inside this scope. */
  #innermost(): TransactionScope {
    const inner = running.getStore();
    return inner !== undefined && inner !== this && !inner.ended && inner.#isInside(this) ? inner : this;
  }

  #isInside(other: TransactionScope): boolean {
    const parent = this.#parent;
    return parent !== undefined && (parent === other || parent.#isInside(other));
  }

  /** After the server has undone the transaction, it would run the next statement outside any. */
  #assertUsable(operation: string): void {
    if (this.ended) {
      const what = 'the transaction has ended; use the repositories of the instance, or a new transaction';
      throw this.own(new DatabaseOperationError(`${operation}: ${what}`, { operation, kind: 'closed' }));
    }
    if (this.failure !== undefined) {
      throw this.failure;
    }
    this.signal?.throwIfAborted();
  }
}
