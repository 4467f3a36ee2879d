/**
 * An error about the surroundings of the tests. Whoever reads it wants to know what to set or to
 * install, not where in these files it was noticed.
 */
export class PlainError extends Error {
  override name = 'PlainError';

  constructor(message: string) {
    super(message);
    this.stack = message;
  }
}
