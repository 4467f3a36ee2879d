/** True for an object as a literal makes it, with no field but the known ones. */
export function isPlainObject(input: unknown, fields: ReadonlySet<string>): input is Record<string, unknown> {
  if (typeof input !== 'object' || input === null || Object.getPrototypeOf(input) !== Object.prototype) {
    return false;
  }
  for (const field in input) {
    if (!fields.has(field)) {
      return false;
    }
  }
  return true;
}
