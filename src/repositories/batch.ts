import type { z } from 'zod';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import { describeValue } from '../schemas/describe-value.ts';
import { type Checked, check, UNREADABLE, under } from '../schemas/parse.ts';
import type { RejectedRow } from './write-result.ts';

/** A batch after the edge: what may be sent, and what was refused. */
export interface CheckedBatch<T> {
  readonly accepted: readonly T[];
  /** The places of the accepted ones in the batch. */
  readonly acceptedAt: readonly number[];
  readonly rejected: readonly RejectedRow[];
}

/**
 * Checks every element of a batch by itself.
 *
 * @throws InvalidInputError when it is no array, or when it is `atomic` and any element is faulty
 */
export function checkBatch<T>(
  operation: string,
  schema: z.ZodType<T>,
  batch: unknown,
  atomic: boolean,
): CheckedBatch<T> {
  const accepted: T[] = [];
  const acceptedAt: number[] = [];
  const rejected: RejectedRow[] = [];
  // by index: a hole in the array is refused like any other missing element
  for (let index = 0; index < lengthOf(operation, batch); index += 1) {
    const checked = checkElement(schema, batch as readonly unknown[], index);
    if (checked.ok) {
      accepted.push(checked.value);
      acceptedAt.push(index);
    } else {
      rejected.push({ index, issues: under(`[${index}]`, checked.issues) });
    }
  }
  if (atomic && rejected.length > 0) {
    throw new InvalidInputError(
      operation,
      rejected.flatMap(({ issues }) => issues),
    );
  }
  return { accepted, acceptedAt, rejected };
}

function lengthOf(operation: string, batch: unknown): number {
  try {
    if (Array.isArray(batch)) {
      return batch.length;
    }
  } catch {
    // a proxy that was revoked is asked no further
  }
  throw new InvalidInputError(operation, [{ path: '', expected: 'an array', received: describeValue(batch) }]);
}

function checkElement<T>(schema: z.ZodType<T>, batch: readonly unknown[], index: number): Checked<T> {
  try {
    return check(schema, batch[index]);
  } catch {
    return { ok: false, issues: [UNREADABLE] };
  }
}

/**
 * One row for each key: the last one, unless `replaces` says that it does not replace the one before.
 * Sorted by key, so that two writers take their locks in the same order and the table grows in its own.
 */
export function lastByKey<T>(
  rows: readonly T[],
  keyOf: (row: T) => string,
  replaces: (next: T, previous: T) => boolean = () => true,
): T[] {
  const byKey = new Map<string, T>();
  for (const row of rows) {
    const key = keyOf(row);
    const previous = byKey.get(key);
    if (previous === undefined || replaces(row, previous)) {
      byKey.set(key, row);
    }
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** A time as text that sorts like it: every time that is stored has sixteen digits here. */
export function sortableTime(time: Date): string {
  return String(time.getTime() + 2e15);
}

/** A key as one text. Half a surrogate pair separates its parts, since no name can hold one. */
export function keyText(...parts: readonly string[]): string {
  return parts.join('\ud800');
}
