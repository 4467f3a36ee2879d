import { DatabaseOperationError } from '../../errors/database-operation-error.ts';

/** Adds to an error what was done before it, since the caller has no result that says so. */
export function withProgress(error: unknown, progress: string, done: boolean): unknown {
  if (done && error instanceof DatabaseOperationError) {
    error.message += `; ${progress}`;
  }
  return error;
}
