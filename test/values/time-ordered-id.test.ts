import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { timeOrderedId } from '../../src/time/time-ordered-id.ts';

const MANY = 20_000;

afterEach(() => {
  jest.restoreAllMocks();
});

describe('a time-ordered id', () => {
  it('is a UUID of version 7 that begins with the time in milliseconds', () => {
    const before = Date.now();
    const id = timeOrderedId();
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now() + MANY);
  });

  it('sorts in the order of making, however many are made in one millisecond', () => {
    const now = Date.now() + 60_000;
    jest.spyOn(Date, 'now').mockReturnValue(now);
    const ids = Array.from({ length: MANY }, timeOrderedId);
    expect(new Set(ids).size).toBe(MANY);
    expect([...ids].sort()).toEqual(ids);
  });

  it('keeps its order where the clock is set back', () => {
    const first = timeOrderedId();
    jest.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
    expect(timeOrderedId() > first).toBe(true);
  });
});
