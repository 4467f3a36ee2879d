import { DatabaseOperationError } from './database-operation-error.ts';
import { formatIssue, type Issue } from './issue.ts';

const SHOWN_ISSUES = 5;

/** The input was refused before anything was sent: `issues` name every fault by its path. */
export class InvalidInputError extends DatabaseOperationError {
  override readonly name = 'InvalidInputError';

  /** @param outcome what became of the input, and what to do */
  constructor(operation: string, issues: readonly Issue[], outcome = 'Nothing was done') {
    const shown = issues.slice(0, SHOWN_ISSUES).map(formatIssue).join('; ');
    const rest = issues.length > SHOWN_ISSUES ? `; and ${issues.length - SHOWN_ISSUES} more` : '';
    super(`${operation}: ${shown}${rest}. ${outcome}.`, { operation, kind: 'invalid-input', issues });
  }
}

/** True for input that was refused before anything was sent. */
export function isInvalidInputError(error: unknown): error is InvalidInputError {
  return error instanceof InvalidInputError;
}
