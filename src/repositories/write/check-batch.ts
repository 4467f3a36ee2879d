import { ROWS_PER_TURN } from '../../async/turns.ts';
import { InvalidInputError } from '../../errors/invalid-input-error.ts';
import { describeValue } from '../../schemas/describe-value.ts';
import { type Check, type Checked, UNREADABLE, under } from '../../schemas/parse.ts';
import type { RejectedRow } from './write-result.ts';

/** A checked batch: the valid elements, and the rejected ones. */
export interface CheckedBatch<T> {
  readonly accepted: readonly T[];
  /** The indexes of the accepted elements in the batch. */
  readonly acceptedAt: readonly number[];
  readonly rejected: readonly RejectedRow[];
}

/**
 * Checks every element of a batch by itself. Stops after every {@link ROWS_PER_TURN} elements.
 *
 * @throws InvalidInputError when the batch is not an array, or is `atomic` and has an invalid element
 */
export function* checkBatch<T>(
  operation: string,
  checkOne: Check<T>,
  batch: unknown,
  atomic: boolean,
): Generator<void, CheckedBatch<T>> {
  const accepted: T[] = [];
  const acceptedAt: number[] = [];
  const rejected: RejectedRow[] = [];
  const elements = elementsOf(operation, batch);
  for (let index = 0; index < elements.length; index += 1) {
    if (index > 0 && index % ROWS_PER_TURN === 0) {
      yield;
    }
    const checked = checkElement(checkOne, elements, index);
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

/** Copies a batch that is not checked at once: the caller may change the list and its objects in between. */
function elementsOf(operation: string, batch: unknown): readonly unknown[] {
  try {
    if (Array.isArray(batch)) {
      return batch.length > ROWS_PER_TURN ? Array.from(batch, copied) : batch;
    }
  } catch {
    // a revoked proxy throws
  }
  throw new InvalidInputError(operation, [{ path: '', expected: 'an array', received: describeValue(batch) }]);
}

/** Copies a plain object. An object of a class is kept, since its methods might not work on a copy. */
function copied(element: unknown): unknown {
  try {
    return typeof element === 'object' && element !== null && Object.getPrototypeOf(element) === Object.prototype
      ? { ...element }
      : element;
  } catch {
    // checking it reports that it cannot be read
    return element;
  }
}

function checkElement<T>(checkOne: Check<T>, batch: readonly unknown[], index: number): Checked<T> {
  try {
    return checkOne(batch[index]);
  } catch {
    return { ok: false, issues: [UNREADABLE] };
  }
}
