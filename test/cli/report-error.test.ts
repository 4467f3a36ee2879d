import { describe, expect, test } from '@jest/globals';
import { failure, usageError } from '../../src/cli/cli-error.ts';
import { describeError, exitCodeOf } from '../../src/cli/report-error.ts';
import { DatabaseOperationError } from '../../src/errors/database-operation-error.ts';
import { InvalidInputError } from '../../src/errors/invalid-input-error.ts';

describe('an error on the command line', () => {
  test('has the exit code 2 where the call was wrong, and 1 where the work failed', () => {
    expect(exitCodeOf(usageError('add --exchange'))).toBe(2);
    expect(exitCodeOf(new InvalidInputError('bots.add', []))).toBe(2);
    expect(exitCodeOf(failure('the disk is full'))).toBe(1);
    expect(exitCodeOf(new DatabaseOperationError('no', { operation: 'x', kind: 'configuration' }))).toBe(1);
    expect(exitCodeOf(new TypeError('unexpected'))).toBe(1);
  });

  test('is one line, whatever its message is', () => {
    expect(describeError(new Error('first\n  second\u001b[0m'), false)).toBe(
      'tradestore: first second\\u001b[0m (unexpected; --verbose shows where)',
    );
  });

  test('shows its causes with verbose, without passwords', () => {
    const cause = new Error('cannot reach mysql://root:s3cret@db/market');
    const shown = describeError(new Error('outer', { cause }), true);
    expect(shown).toContain('caused by: Error: cannot reach mysql://root:***@db/market');
    expect(shown).not.toContain('s3cret');
  });

  test('ends where its causes go in a circle', () => {
    const error = new Error('round');
    error.cause = error;
    expect(describeError(error, true).split('caused by').length).toBe(10);
  });
});
