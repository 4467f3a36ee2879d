import { setTimeout as sleep } from 'node:timers/promises';
import { classifyError, mayRepeat } from '../errors/translate-error.ts';

/** How often and how patiently one sort of failure is tried again. */
export interface RetryBudget {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** Longest wait before the second attempt, in milliseconds; it doubles with each further one. */
  readonly baseDelayMs: number;
  /** Longest wait at all, in milliseconds. */
  readonly maxDelayMs: number;
  /** Time since the first attempt after which none is begun, in milliseconds. */
  readonly maxElapsedMs: number;
}

/** Two budgets: contention is short and many, an outage is long and few. */
export interface RetryPolicy {
  /** Deadlocks and lock waits. */
  readonly contention: RetryBudget;
  /** A server that is gone, shutting down or out of connections. */
  readonly outage: RetryBudget;
}

export const DEFAULT_RETRY: RetryPolicy = Object.freeze({
  contention: Object.freeze({ attempts: 20, baseDelayMs: 5, maxDelayMs: 500, maxElapsedMs: 30_000 }),
  outage: Object.freeze({ attempts: 5, baseDelayMs: 100, maxDelayMs: 2_000, maxElapsedMs: 60_000 }),
});

/** A failed attempt that is about to be repeated. */
export interface RetryNotice {
  readonly error: unknown;
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
 * @param options.signal ends it after the attempt under way
 * @param options.idempotent whether the work may be done twice, asked after a failure: what was possibly done is then repeated too
 */
export async function retry<T>(
  work: () => Promise<T>,
  options: {
    readonly policy: RetryPolicy;
    readonly idempotent: () => boolean;
    readonly onRetry?: (notice: RetryNotice) => void;
    readonly signal?: AbortSignal;
  },
): Promise<RetryResult<T>> {
  const start = performance.now();
  const failures = { contention: 0, outage: 0 };
  const ended = (): boolean => options.signal?.aborted === true;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { ok: true, value: await work(), attempts: attempt };
    } catch (error) {
      const sort = budgetOf(error, options.idempotent());
      if (sort === undefined) {
        return { ok: false, error, attempts: attempt };
      }
      failures[sort] += 1;
      const budget = options.policy[sort];
      const late = performance.now() - start >= budget.maxElapsedMs;
      if (failures[sort] >= budget.attempts || late || ended()) {
        return { ok: false, error, attempts: attempt };
      }
      const limit = Math.min(budget.maxDelayMs, budget.baseDelayMs * 2 ** (failures[sort] - 1));
      const delayMs = Math.random() * limit;
      options.onRetry?.({ error, attempt, delayMs });
      await sleep(delayMs, undefined, { signal: options.signal }).catch(() => undefined);
      if (ended()) {
        return { ok: false, error, attempts: attempt };
      }
    }
  }
}

function budgetOf(error: unknown, idempotent: boolean): keyof RetryPolicy | undefined {
  const { kind, repeat } = classifyError(error);
  if (!mayRepeat(repeat, idempotent)) {
    return undefined;
  }
  // a conflict that the server itself found and undid is contention like a deadlock
  if (kind === 'deadlock' || kind === 'lock-timeout' || kind === 'conflict') {
    return 'contention';
  }
  return kind === 'connection' ? 'outage' : undefined;
}
