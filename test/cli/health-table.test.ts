import { expect, test } from '@jest/globals';
import { renderHealth } from '../../src/cli/commands/health.ts';
import { DatabaseOperationError } from '../../src/errors/database-operation-error.ts';
import type { ErrorKind } from '../../src/errors/kinds.ts';

test.each([
  ['access-denied', 'refused'],
  ['connection', 'no answer'],
] as const)('the health of a database that fails with %s says: %s', (kind: ErrorKind, said) => {
  const report = {
    healthy: false,
    latencyMs: null,
    server: null,
    version: null,
    readOnly: null,
    pool: { size: 0, free: 0, used: 0, pending: 0 },
    pendingMigrations: null,
    replicationLagSeconds: null,
    spools: [],
    error: new DatabaseOperationError('no', { operation: 'health', kind }),
  };
  expect(renderHealth(report, 'migrate up')).toMatch(new RegExp(`server +${said}`));
});
