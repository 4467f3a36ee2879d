/** Freezes a value and everything in it, so that changing it throws. */
export function deepFrozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) {
      deepFrozen(inner);
    }
  }
  return value;
}
