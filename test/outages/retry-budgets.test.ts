import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type RetryNotice, type RetryPolicy, retry } from '../../src/retry/retry.ts';

const DEADLOCK = Object.assign(new Error('deadlock'), { errno: 1213 });
const LOST = Object.assign(new Error('lost'), { code: 'ECONNRESET' });
const REFUSED = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
const TIMEOUT = Object.assign(new Error('timeout'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
const NONE_FREE = Object.assign(new Error('none free'), { code: 'ER_GET_CONNECTION_TIMEOUT' });
const BAD_VALUE = Object.assign(new Error('too long'), { errno: 1406 });

const quick = (attempts: number) => ({ attempts, baseDelayMs: 0, maxDelayMs: 0, maxElapsedMs: 60_000 });
const POLICY: RetryPolicy = { contention: quick(4), outage: quick(3) };

/** Work that fails with each of the errors in turn and then returns. */
function failing(...errors: unknown[]): () => Promise<string> {
  const left = [...errors];
  return async () => {
    if (left.length > 0) {
      throw left.shift();
    }
    return 'done';
  };
}

describe('retry', () => {
  const run = (work: () => Promise<string>, idempotent = true, policy = POLICY, notices: RetryNotice[] = []) =>
    retry(work, { policy, idempotent: () => idempotent, onRetry: (notice) => notices.push(notice) });

  it('gives back what the work returns, and how many attempts it took', async () => {
    await expect(run(failing())).resolves.toEqual({ ok: true, value: 'done', attempts: 1 });
    await expect(run(failing(DEADLOCK, DEADLOCK))).resolves.toEqual({ ok: true, value: 'done', attempts: 3 });
  });

  it('gives up when the budget of the failure is spent, with the last error', async () => {
    const last = Object.assign(new Error('the last'), { errno: 1205 });
    await expect(run(failing(DEADLOCK, DEADLOCK, DEADLOCK, last, DEADLOCK))).resolves.toEqual({
      ok: false,
      error: last,
      attempts: 4,
    });
    await expect(run(failing(REFUSED, REFUSED, REFUSED, REFUSED))).resolves.toMatchObject({ ok: false, attempts: 3 });
  });

  it('counts each budget by itself', async () => {
    const mixed = [DEADLOCK, REFUSED, DEADLOCK, REFUSED, DEADLOCK];
    await expect(run(failing(...mixed))).resolves.toMatchObject({ ok: true, attempts: 6 });
    await expect(run(failing(...mixed, REFUSED))).resolves.toMatchObject({ ok: false, error: REFUSED, attempts: 6 });
  });

  it('repeats what may have been done only where it may be done twice', async () => {
    await expect(run(failing(LOST), true)).resolves.toMatchObject({ ok: true, attempts: 2 });
    await expect(run(failing(LOST), false)).resolves.toEqual({ ok: false, error: LOST, attempts: 1 });
  });

  it('repeats what was certainly undone in either case', async () => {
    await expect(run(failing(DEADLOCK), false)).resolves.toMatchObject({ ok: true, attempts: 2 });
    await expect(run(failing(REFUSED), false)).resolves.toMatchObject({ ok: true, attempts: 2 });
  });

  it('asks again after each failure whether the work may be done twice', async () => {
    let idempotent = true;
    const work = failing(LOST, LOST);
    const result = await retry(work, {
      policy: POLICY,
      idempotent: () => {
        const answer = idempotent;
        idempotent = false;
        return answer;
      },
    });
    expect(result).toEqual({ ok: false, error: LOST, attempts: 2 });
  });

  it.each([
    ['a value that is refused', BAD_VALUE],
    ['a time limit', TIMEOUT],
    ['any other error', new Error('bug')],
    ['a text', 'thrown'],
    ['nothing', undefined],
  ])('never repeats %s', async (_what, error) => {
    await expect(run(failing(error))).resolves.toEqual({ ok: false, error, attempts: 1 });
  });

  it('waits for a server to become writable as for one to come back', async () => {
    const readOnly = Object.assign(new Error('read-only'), { errno: 1836 });
    await expect(run(failing(readOnly, REFUSED), false)).resolves.toMatchObject({ ok: true, attempts: 3 });
    await expect(run(failing(readOnly, readOnly, readOnly))).resolves.toMatchObject({ ok: false, error: readOnly });
  });

  it('waits for a connection of its own pool only where that is worth it', async () => {
    const call = { policy: POLICY, idempotent: () => false };
    const impatient = { ok: false, error: NONE_FREE, attempts: 1 };
    await expect(retry(failing(NONE_FREE), call)).resolves.toEqual(impatient);
    await expect(retry(failing(NONE_FREE), { ...call, waitsForPool: false })).resolves.toEqual(impatient);
    await expect(retry(failing(NONE_FREE), { ...call, waitsForPool: true })).resolves.toMatchObject({
      ok: true,
      attempts: 2,
    });
  });

  it('begins no attempt when the time since the first failure is over, however many are left', async () => {
    const outage = { attempts: 1_000, baseDelayMs: 20, maxDelayMs: 20, maxElapsedMs: 100 };
    const start = performance.now();
    const work = async (): Promise<string> => {
      throw REFUSED;
    };
    const result = await run(work, true, { ...POLICY, outage });
    expect(result).toMatchObject({ ok: false, error: REFUSED });
    expect(performance.now() - start).toBeGreaterThanOrEqual(98);
    // the attempts that are left would take ten seconds
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('does not count the time before the first failure', async () => {
    const outage = { attempts: 2, baseDelayMs: 0, maxDelayMs: 0, maxElapsedMs: 20 };
    let attempts = 0;
    const work = async (): Promise<string> => {
      attempts += 1;
      await new Promise((resolve) => setTimeout(resolve, attempts === 1 ? 50 : 0));
      if (attempts === 1) {
        throw LOST;
      }
      return 'done';
    };
    await expect(run(work, true, { ...POLICY, outage })).resolves.toMatchObject({ ok: true, attempts: 2 });
  });

  it('counts the time for which a server had been silent when that was noticed', async () => {
    const silent = Object.assign(new Error('silent'), { code: 'PROTOCOL_CONNECTION_LOST', silentSince: 0 });
    const outage = { attempts: 5, baseDelayMs: 0, maxDelayMs: 0, maxElapsedMs: 1 };
    const result = await run(failing(silent), true, { ...POLICY, outage });
    expect(result).toEqual({ ok: false, error: silent, attempts: 1 });
  });

  it('reports each failure that it is about to repeat, and not the last', async () => {
    const notices: RetryNotice[] = [];
    await run(failing(REFUSED, REFUSED, REFUSED), true, POLICY, notices);
    expect(notices).toMatchObject([
      { error: REFUSED, attempt: 1 },
      { error: REFUSED, attempt: 2 },
    ]);
  });

  describe('waits', () => {
    let random: jest.SpiedFunction<typeof Math.random>;
    const WAITING: RetryPolicy = {
      contention: { attempts: 8, baseDelayMs: 1, maxDelayMs: 10, maxElapsedMs: 60_000 },
      outage: { attempts: 3, baseDelayMs: 2, maxDelayMs: 3, maxElapsedMs: 60_000 },
    };

    beforeEach(() => {
      random = jest.spyOn(Math, 'random');
    });
    afterEach(() => {
      random.mockRestore();
    });

    const delays = async (draw: number, ...errors: unknown[]): Promise<number[]> => {
      random.mockReturnValue(draw);
      const notices: RetryNotice[] = [];
      await run(failing(...errors), true, WAITING, notices);
      return notices.map(({ delayMs }) => delayMs);
    };

    it('up to a limit that doubles with each failure of its kind, and no longer than the longest', async () => {
      const errors = new Array(6).fill(DEADLOCK) as Error[];
      await expect(delays(1, ...errors)).resolves.toEqual([1, 2, 4, 8, 10, 10]);
      await expect(delays(1, DEADLOCK, REFUSED, DEADLOCK, REFUSED)).resolves.toEqual([1, 2, 2, 3]);
    });

    it('any part of that limit, down to nothing, as it is drawn', async () => {
      const errors = new Array(4).fill(DEADLOCK) as Error[];
      await expect(delays(0, ...errors)).resolves.toEqual([0, 0, 0, 0]);
      await expect(delays(0.5, ...errors)).resolves.toEqual([0.5, 1, 2, 4]);
    });

    it('never beyond the end of its time: the last attempt is made then', async () => {
      random.mockReturnValue(1);
      const outage = { attempts: 3, baseDelayMs: 60_000, maxDelayMs: 60_000, maxElapsedMs: 50 };
      const notices: RetryNotice[] = [];
      const result = await run(failing(REFUSED), true, { ...WAITING, outage }, notices);
      expect(result).toEqual({ ok: true, value: 'done', attempts: 2 });
      expect(notices[0]?.delayMs).toBeGreaterThan(0);
      expect(notices[0]?.delayMs).toBeLessThanOrEqual(50);
    });

    it('for as long as it reports', async () => {
      random.mockReturnValue(1);
      const long: RetryPolicy = {
        ...WAITING,
        contention: { attempts: 2, baseDelayMs: 40, maxDelayMs: 40, maxElapsedMs: 60_000 },
      };
      const start = performance.now();
      await run(failing(DEADLOCK), true, long);
      expect(performance.now() - start).toBeGreaterThanOrEqual(38);
    });
  });
});
