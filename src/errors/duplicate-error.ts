import { DatabaseOperationError, type ErrorDetails } from './database-operation-error.ts';

/** A value that must be unique is already stored, such as a bot's name. */
export class DuplicateError extends DatabaseOperationError {
  override readonly name = 'DuplicateError';

  constructor(message: string, details: Omit<ErrorDetails, 'kind'>) {
    super(message, { ...details, kind: 'duplicate' });
  }
}

/** True for an error about a unique value that is already taken. */
export function isDuplicateError(error: unknown): error is DuplicateError {
  return error instanceof DuplicateError;
}
