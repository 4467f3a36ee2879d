import { describe, expect, test } from '@jest/globals';
import { hideSqliteWarning } from '../../src/cli/hide-sqlite-warning.ts';

describe('warnings on the command line', () => {
  test('are shown, but for the one of SQLite', () => {
    const shown: unknown[][] = [];
    const target = { emitWarning: (...args: unknown[]) => void shown.push(args) } as Pick<
      NodeJS.Process,
      'emitWarning'
    >;
    hideSqliteWarning(target);
    target.emitWarning('SQLite is an experimental feature and might change at any time', 'ExperimentalWarning');
    target.emitWarning('SQLite is an experimental feature', { type: 'ExperimentalWarning' });
    target.emitWarning('SQLite is slow', 'Warning');
    target.emitWarning('Other is an experimental feature', 'ExperimentalWarning');
    target.emitWarning(new Error('odd'));
    expect(shown).toEqual([
      ['SQLite is slow', 'Warning'],
      ['Other is an experimental feature', 'ExperimentalWarning'],
      [new Error('odd')],
    ]);
  });
});
