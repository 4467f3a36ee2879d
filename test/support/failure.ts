import { DatabaseOperationError } from '../../src/index.ts';

/** The error that a promise is rejected with; throws if it is not rejected, or not with our own error. */
export async function failureOf(promise: Promise<unknown>): Promise<DatabaseOperationError> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (error instanceof DatabaseOperationError) {
      return error;
    }
    throw error;
  }
  throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
}
