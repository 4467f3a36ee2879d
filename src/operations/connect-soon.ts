import type { Settings } from '../config/settings.ts';
import { translateError } from '../errors/translate-error.ts';
import { retry } from '../retry/retry.ts';
import type { Database } from './database.ts';
import { retryEvent } from './operation-executor.ts';

const OPERATION = 'connect';

/**
 * Connects, or fails after `connectRetries` more attempts, where an operation would go on for the outage budget.
 *
 * @param ended an instance that is closed meanwhile need not go on trying
 */
export async function connectSoon(
  { connectRetries, retry: policy, logger }: Settings,
  open: () => Promise<Database>,
  ended: AbortSignal,
): Promise<Database> {
  const result = await retry(open, {
    policy: { ...policy, outage: { ...policy.outage, attempts: connectRetries + 1 } },
    idempotent: () => true,
    signal: policy.signal === undefined ? ended : AbortSignal.any([ended, policy.signal]),
    onRetry: (notice) => {
      const { attempt, delayMs } = notice;
      logger.warn({ operation: OPERATION, attempt, delayMs: Math.round(delayMs) }, 'cannot connect; trying again');
      policy.onRetry(retryEvent(OPERATION, notice));
    },
  });
  if (!result.ok) {
    const failure = translateError(result.error, {
      operation: OPERATION,
      attempts: result.attempts,
      idempotent: true,
    });
    const { kind, code, attempts, message } = failure;
    logger.error({ operation: OPERATION, kind, code, attempts }, message);
    throw failure;
  }
  return result.value;
}
