import { ROWS_PER_TURN } from '../../async/turns.ts';
import { InvalidInputError } from '../../errors/invalid-input-error.ts';
import { describeValue } from '../../schemas/describe-value.ts';
import { type Check, type Checked, UNREADABLE, under } from '../../schemas/parse.ts';
import type { RejectedRow } from './write-result.ts';

/** A batch after the edge: what may be sent, and what was refused. */
export interface CheckedBatch<T> {
  readonly accepted: readonly T[];
  /** The places of the accepted ones in the batch. */
  readonly acceptedAt: readonly number[];
  readonly rejected: readonly RejectedRow[];
}

/**
 * Checks every element of a batch by itself, in turns.
 *
 * @throws InvalidInputError when it is no array, or when it is `atomic` and any element is faulty
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

/** What takes turns to check is copied: its owner may change it meanwhile, the list and the fields of its objects. */
function elementsOf(operation: string, batch: unknown): readonly unknown[] {
  try {
    if (Array.isArray(batch)) {
      return batch.length > ROWS_PER_TURN ? Array.from(batch, copied) : batch;
    }
  } catch {
    // a proxy that was revoked is asked no further
  }
  throw new InvalidInputError(operation, [{ path: '', expected: 'an array', received: describeValue(batch) }]);
}

/** An object of a class stays as it is: a copy may not do what its methods rely on. */
function copied(element: unknown): unknown {
  try {
    return typeof element === 'object' && element !== null && Object.getPrototypeOf(element) === Object.prototype
      ? { ...element }
      : element;
  } catch {
    // what cannot be read is told of when it is checked
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
