import { CliError, FAILED } from './cli-error.ts';
import { plural } from './format.ts';

/** A failure in the middle of a file: says what is stored in spite of it. */
export function storedSoFar(error: unknown, done: number, thing: string): unknown {
  if (done === 0 || !(error instanceof Error)) {
    return error;
  }
  const before = `${plural(done, thing)} before it ${done === 1 ? 'is' : 'are'} dealt with`;
  const message = `${error.message}; ${before}, and running the same command again is safe`;
  return new CliError(message, error instanceof CliError ? error.exitCode : FAILED, error);
}
