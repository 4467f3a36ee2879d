import { plural } from './format.ts';

/** Exit codes: 1 says that it failed, 2 that it was called wrongly and would fail the same way again. */
export const FAILED = 1;
export const USAGE = 2;

/** A failure that the command line itself found. Its message is one line that says what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

/** An error of whoever typed the command. */
export function usageError(message: string, cause?: unknown): CliError {
  return new CliError(message, USAGE, cause);
}

/** A failure of the work itself. */
export function failure(message: string, cause?: unknown): CliError {
  return new CliError(message, FAILED, cause);
}

/** A failure in the middle of a file: says what is stored in spite of it. */
export function storedSoFar(error: unknown, done: number, thing: string): unknown {
  if (done === 0 || !(error instanceof Error)) {
    return error;
  }
  const before = `${plural(done, thing)} before it ${done === 1 ? 'is' : 'are'} dealt with`;
  const message = `${error.message}; ${before}, and running the same command again is safe`;
  return new CliError(message, error instanceof CliError ? error.exitCode : FAILED, error);
}
