/**
 * An error about the environment of the tests. Its reader needs to know what to set or to install,
 * not where in these files it was noticed.
 */
export class PlainError extends Error {
  override name = 'PlainError';

  constructor(message: string) {
    super(message);
    this.stack = message;
  }
}
