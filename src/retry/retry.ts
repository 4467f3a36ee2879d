import { sleep } from '../async/waiting.ts';
import type { DatabaseOperationError } from '../errors/database-operation-error.ts';
import type { ErrorKind } from '../errors/kinds.ts';
import { classifyError, mayRepeat, silentSinceOf } from '../errors/translate-error.ts';

/** How often, and for how long, one kind of failure is tried again. */
export interface RetryBudget {
  /** Attempts in all, the first one included. */
  readonly attempts: number;
  /** Longest wait before the second attempt, in milliseconds; it doubles with each further attempt. */
  readonly baseDelayMs: number;
  /** Longest wait between any two attempts, in milliseconds. */
  readonly maxDelayMs: number;
  /**
   * Time since the first failure after which no further attempt starts, in milliseconds. If a server fell silent, it
   * counts from the beginning of the silence.
   */
  readonly maxElapsedMs: number;
}

/** Two budgets: many short delays for contention, few long ones for an outage. */
export interface RetryPolicy {
  /** Deadlocks, lock waits and other conflicts that the server itself found and undid. */
  readonly contention: RetryBudget;
  /** A server that is gone, shutting down, out of connections or read-only. */
  readonly outage: RetryBudget;
}

/** Attempts of one operation, in place of those of a budget; `total` limits them whatever they fail by. */
export type RetryAttempts = Readonly<Partial<Record<keyof RetryPolicy | 'total', number>>>;

/** A failed attempt that is about to be retried: the argument of `retry.onRetry`. */
export interface RetryEvent {
  /** The public name of the operation: `marketData.upsertCandles`, `connect`. */
  readonly operation: string;
  readonly kind: ErrorKind;
  /** The budget that is charged: `contention` or `outage`. */
  readonly budget: keyof RetryPolicy;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  /** The delay before the next attempt, in milliseconds. */
  readonly delayMs: number;
  /** Why it failed. */
  readonly error: DatabaseOperationError;
}

/** Called before each retry. */
export type RetryListener = (event: RetryEvent) => void;

/** A failed attempt whose error is not translated yet. */
export interface RetryNotice extends Pick<RetryEvent, 'budget' | 'attempt' | 'delayMs'> {
  readonly error: unknown;
}

/** The outcome: the value, or the last error; and the number of attempts. */
export type RetryResult<T> =
  | { readonly ok: true; readonly value: T; readonly attempts: number }
  | { readonly ok: false; readonly error: unknown; readonly attempts: number };

/**
 * Does `work`, again while its failures may be retried and their budget lasts. Each budget counts its own failures.
 * The delay is drawn evenly between zero and its limit ("full jitter"; source: AWS Architecture Blog, "Exponential
 * Backoff And Jitter"), so that writers that collided do not collide again.
 *
 * @param work is given the number of the attempt, from 1
 * @param options.signal when aborted, the attempt under way is the last one, and a delay ends at once
 * @param options.waitsForPool whether a failure to get a connection from the pool in time is retried as an outage
 * @param options.idempotent whether the work may run twice, asked after each failure: if so, it is retried even
 *   where it may have had its effect
 */
export async function retry<T>(
  work: (attempt: number) => Promise<T>,
  options: {
    readonly policy: RetryPolicy;
    readonly idempotent: () => boolean;
    readonly attempts?: RetryAttempts | undefined;
    readonly waitsForPool?: boolean;
    readonly onRetry?: (notice: RetryNotice) => void;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<RetryResult<T>> {
  const { policy, attempts, signal } = options;
  const states: Partial<Record<keyof RetryPolicy, RetryState>> = {};
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { ok: true, value: await work(attempt), attempts: attempt };
    } catch (error) {
      const budget = budgetOf(error, options.idempotent(), options.waitsForPool === true);
      if (budget === undefined || attempt === attempts?.total || signal?.aborted === true) {
        return { ok: false, error, attempts: attempt };
      }
      states[budget] ??= new RetryState({ ...policy[budget], attempts: attempts?.[budget] ?? policy[budget].attempts });
      const delayMs = states[budget].delayAfter(error);
      if (delayMs === undefined) {
        return { ok: false, error, attempts: attempt };
      }
      options.onRetry?.({ error, budget, attempt, delayMs });
      await sleep(delayMs, signal);
      if (signal?.aborted) {
        return { ok: false, error, attempts: attempt };
      }
    }
  }
}

/** How much of one budget is used up. */
class RetryState {
  readonly #budget: RetryBudget;
  #failures = 0;
  #since = Number.POSITIVE_INFINITY;

  constructor(budget: RetryBudget) {
    this.#budget = budget;
  }

  /** The delay before the next attempt; `undefined` where the budget is used up. */
  delayAfter(error: unknown): number | undefined {
    const { attempts, baseDelayMs, maxDelayMs, maxElapsedMs } = this.#budget;
    const now = performance.now();
    this.#failures += 1;
    this.#since = Math.min(this.#since, silentSinceOf(error) ?? now);
    const leftMs = this.#since + maxElapsedMs - now;
    if (this.#failures >= attempts || leftMs <= 0) {
      return undefined;
    }
    const limit = Math.min(maxDelayMs, baseDelayMs * 2 ** (this.#failures - 1));
    // the last attempt is made when the time is up, not one delay earlier
    return Math.min(Math.random() * limit, leftMs);
  }
}

function budgetOf(error: unknown, idempotent: boolean, waitsForPool: boolean): keyof RetryPolicy | undefined {
  const { kind, repeat } = classifyError(error);
  if (!mayRepeat(repeat, idempotent)) {
    return undefined;
  }
  // a conflict that the server itself found and undid is contention like a deadlock
  if (kind === 'deadlock' || kind === 'lock-timeout' || kind === 'conflict') {
    return 'contention';
  }
  // nothing was sent: all connections of the pool were in use for as long as a single call waits
  if (kind === 'timeout' && repeat === 'no-effect') {
    return waitsForPool ? 'outage' : undefined;
  }
  // after a failover a server is writable again
  return kind === 'connection' || kind === 'read-only' ? 'outage' : undefined;
}
