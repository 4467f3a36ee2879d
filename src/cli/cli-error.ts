import { plural } from './format.ts';

/** Exit codes: 1 for a failure, 2 for a wrong call, which would fail again in the same way. */
export const FAILED = 1;
export const USAGE = 2;

/** A failure found by the command line itself. Its message is one line that says what to do next. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.exitCode = exitCode;
  }
}

export function usageError(message: string, cause?: unknown): CliError {
  return new CliError(message, USAGE, cause);
}

export function failure(message: string, cause?: unknown): CliError {
  return new CliError(message, FAILED, cause);
}

/** A failure in the middle of a file: its message also says how much was processed before it. */
export function storedSoFar(error: unknown, done: number, thing: string): unknown {
  if (done === 0 || !(error instanceof Error)) {
    return error;
  }
  const before = `${plural(done, thing)} before it ${done === 1 ? 'was' : 'were'} processed`;
  const message = `${error.message}; ${before}; running the same command again is safe`;
  return new CliError(message, error instanceof CliError ? error.exitCode : FAILED, error);
}
