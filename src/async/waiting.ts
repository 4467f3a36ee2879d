import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a time; an abort ends the wait early. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => undefined);
}

/**
 * Waits for a promise or for an abort, whichever comes first.
 *
 * @throws the signal's reason when it is aborted
 */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) {
    return promise;
  }
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Waits for work no longer than a time limit. Work that takes longer goes on unobserved.
 *
 * @throws what `late` makes, when it takes longer than the limit: by default an error of kind `timeout`
 */
export async function withTimeout<T>(
  limitMs: number,
  work: () => Promise<T>,
  late: (limitMs: number) => Error = noAnswer,
): Promise<T> {
  const expired = Promise.withResolvers<never>();
  const timer = setTimeout(() => expired.reject(late(limitMs)), limitMs);
  try {
    return await Promise.race([work(), expired.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function noAnswer(limitMs: number): Error {
  return Object.assign(new Error(`no answer within ${Math.round(limitMs)} ms`), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
}

/** Waits for work however long it takes; when it takes longer than a time limit, `late` is called once. */
export async function notifyWhenLate<T>(limitMs: number, work: () => Promise<T>, late: () => void): Promise<T> {
  const timer = setTimeout(late, limitMs);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}
