import { setTimeout as sleep } from 'node:timers/promises';
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

/** Two budgets: contention is short and many, an outage is long and few. */
export interface RetryPolicy {
  /** Deadlocks, lock waits and other conflicts that the server itself found and undid. */
  readonly contention: RetryBudget;
  /** A server that is gone, shutting down, out of connections or read-only. */
  readonly outage: RetryBudget;
}

/** A failed attempt that is about to be repeated. */
export interface RetryNotice {
  readonly error: unknown;
  readonly budget: keyof RetryPolicy;
  /** The attempt that failed, from 1. */
  readonly attempt: number;
  readonly delayMs: number;
}

/** What became of the work: its value, or the last error; and how many attempts it took. */
export type RetryResult<T> =
  | { readonly ok: true; readonly value: T; readonly attempts: number }
  | { readonly ok: false; readonly error: unknown; readonly attempts: number };

/**
 * Does `work`, again while its failures may be repeated and their budget lasts. Each budget counts its
 * own failures. The wait is drawn evenly between zero and the limit ("full jitter"; source: AWS
 * Architecture Blog, "Exponential Backoff And Jitter"), so that writers that collided do not meet again.
 *
 * @param options.signal ends it after the attempt under way, also in the midst of a wait
 * @param options.patient whether waiting for a connection of one's own pool is worth the outage's budget, asked after a failure
 * @param options.idempotent whether the work may be done twice, asked after a failure: what was possibly done is then repeated too
 */
export async function retry<T>(
  work: () => Promise<T>,
  options: {
    readonly policy: RetryPolicy;
    readonly idempotent: () => boolean;
    readonly patient?: boolean;
    readonly onRetry?: (notice: RetryNotice) => void;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<RetryResult<T>> {
  const spent = { contention: new Spent(), outage: new Spent() };
  const ended = (): boolean => options.signal?.aborted === true;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { ok: true, value: await work(), attempts: attempt };
    } catch (error) {
      const sort = budgetOf(error, options.idempotent(), options.patient === true);
      const delayMs = sort === undefined || ended() ? undefined : spent[sort].next(options.policy[sort], error);
      if (sort === undefined || delayMs === undefined) {
        return { ok: false, error, attempts: attempt };
      }
      options.onRetry?.({ error, budget: sort, attempt, delayMs });
      await sleep(delayMs, undefined, { signal: options.signal }).catch(() => undefined);
      if (ended()) {
        return { ok: false, error, attempts: attempt };
      }
    }
  }
}

/** What is spent of one budget. */
class Spent {
  #failures = 0;
  #since = Number.POSITIVE_INFINITY;

  /** Takes a failure in; how long to wait before the next attempt, or nothing where there is to be none. */
  next(budget: RetryBudget, error: unknown): number | undefined {
    const now = performance.now();
    this.#failures += 1;
    this.#since = Math.min(this.#since, silentSinceOf(error) ?? now);
    const leftMs = this.#since + budget.maxElapsedMs - now;
    if (this.#failures >= budget.attempts || leftMs <= 0) {
      return undefined;
    }
    const limit = Math.min(budget.maxDelayMs, budget.baseDelayMs * 2 ** (this.#failures - 1));
    // the last attempt is made when the time is over, not a wait before that
    return Math.min(Math.random() * limit, leftMs);
  }
}

function budgetOf(error: unknown, idempotent: boolean, patient: boolean): keyof RetryPolicy | undefined {
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
    return patient ? 'outage' : undefined;
  }
  // a server takes writes again when its failover has ended
  return kind === 'connection' || kind === 'read-only' ? 'outage' : undefined;
}
