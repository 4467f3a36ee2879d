import { DatabaseOperationError } from './database-operation-error.ts';
import { formatIssue, type Issue } from './issue.ts';

/** Settings that cannot work; every fault is reported at once, each by its variable's or option's name. */
export class ConfigurationError extends DatabaseOperationError {
  override readonly name = 'ConfigurationError';

  constructor(operation: string, message: string, issues: readonly Issue[] = []) {
    const faults = issues.map(formatIssue).join('; ');
    super(`${operation}: ${message}${faults === '' ? '' : `: ${faults}`}`, {
      operation,
      kind: 'configuration',
      issues,
    });
  }
}

/** True for an error about a setting, here or on the server. */
export function isConfigurationError(error: unknown): error is ConfigurationError {
  return error instanceof ConfigurationError;
}
