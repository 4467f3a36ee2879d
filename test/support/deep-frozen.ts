/** Freezes a value and all that it holds, so that whoever changes it throws. */
export function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) {
      deepFrozen(inner);
    }
  }
  return value;
}
