import { expect, test } from '@jest/globals';
import { renderStats } from '../../src/cli/commands/stats.ts';
import { withErrorJson } from '../../src/cli/report-error.ts';
import { DatabaseOperationError } from '../../src/errors/database-operation-error.ts';
import { unknownStats } from '../../src/operations/stats.ts';

const GONE = new DatabaseOperationError('nobody there', { operation: 'getStats', kind: 'connection' });

test('figures that are not known are shown as such', () => {
  const table = renderStats({ ...unknownStats(GONE), botCount: 0 });
  expect(table).toMatch(/candles +-/);
  expect(table).toMatch(/bots +0/);
  expect(table).toMatch(/in all +- *$/m);
});

test('the reason is part of the JSON', () => {
  expect(JSON.parse(JSON.stringify(withErrorJson(unknownStats(GONE))))).toMatchObject({
    candleCount: null,
    healthy: false,
    error: { kind: 'connection', message: 'nobody there' },
  });
});
