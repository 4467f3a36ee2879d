import { describe, expect, it } from '@jest/globals';
import {
  CLIENT_CODES,
  SERVER_ERRORS,
  SERVER_NAMES,
  SQLITE_CODES,
  SQLITE_EXTENDED_CODES,
} from '../../src/errors/error-codes.ts';
import { classifyError, endsTransaction, mayRepeat, translateError } from '../../src/errors/translate-error.ts';
import {
  ConflictError,
  DatabaseOperationError,
  ERROR_KINDS,
  type ErrorKind,
  isDuplicateError,
} from '../../src/index.ts';

const fault = (fields: object, message = 'it failed'): Error => Object.assign(new Error(message), fields);
const CONTEXT = { operation: 'bots.add', attempts: 1, idempotent: true };

describe('endsTransaction', () => {
  it.each<[what: string, error: unknown, ends: boolean]>([
    ['a deadlock', fault({ errno: 1213 }), true],
    ['a lost connection', fault({ errno: 2013 }), true],
    ['a conflict that the server found', fault({ errno: 1020 }), true],
    [
      'a conflict that the library found by a version',
      new ConflictError('bots.update', 'bot 1 is at version 2, not 1'),
      false,
    ],
    ['a duplicate key', fault({ errno: 1062 }), false],
  ])('says of %s: %s', (_what, error, ends) => {
    expect(endsTransaction(error)).toBe(ends);
  });
});

describe('classifyError', () => {
  it.each<[what: string, error: unknown, kind: ErrorKind, repeat: string]>([
    ['a duplicate key', fault({ errno: 1062, code: 'ER_DUP_ENTRY' }), 'duplicate', 'never'],
    ['a deadlock', fault({ errno: 1213 }), 'deadlock', 'no-effect'],
    ['a failed certification', fault({ errno: 3101 }), 'deadlock', 'no-effect'],
    ['a lock wait', fault({ errno: 1205 }), 'lock-timeout', 'no-effect'],
    ['too many connections', fault({ errno: 1040 }), 'connection', 'no-effect'],
    ['a shutdown', fault({ errno: 1053 }), 'connection', 'indeterminate'],
    ['a server that a proxy has lost', fault({ errno: 2013 }), 'connection', 'indeterminate'],
    ['a server that a proxy does not reach', fault({ errno: 9001 }), 'connection', 'indeterminate'],
    ['a killed statement', fault({ errno: 1317 }), 'timeout', 'indeterminate'],
    ['a server that is read-only', fault({ errno: 1290 }), 'read-only', 'no-effect'],
    ['a transaction that is read-only', fault({ errno: 1792 }), 'read-only', 'never'],
    ['a wrong password', fault({ errno: 1045 }), 'access-denied', 'never'],
    ['an unknown database', fault({ errno: 1049 }), 'configuration', 'never'],
    ['a missing table', fault({ errno: 1146 }), 'schema', 'never'],
    ['a value that is too long', fault({ errno: 1406 }), 'constraint', 'never'],
    ["a check of MariaDB's", fault({ errno: 4025, code: 'ER_CONSTRAINT_FAILED' }), 'constraint', 'never'],
    [
      "MySQL's error of that number",
      fault({ errno: 4025, code: 'ER_INNODB_AUTOEXTEND_SIZE_OUT_OF_RANGE' }),
      'unknown',
      'never',
    ],
    [
      "MySQL's end of an idle session",
      fault({ errno: 4031, code: 'ER_CLIENT_INTERACTION_TIMEOUT' }),
      'connection',
      'indeterminate',
    ],
    [
      "MariaDB's error of that number",
      fault({ errno: 4031, code: 'ER_REFERENCED_TRG_DOES_NOT_EXIST' }),
      'unknown',
      'never',
    ],
    [
      "a locked account of MariaDB's",
      fault({ errno: 4151, code: 'ER_ACCOUNT_HAS_BEEN_LOCKED' }),
      'access-denied',
      'never',
    ],
    ['a full disk', fault({ errno: 1021 }), 'configuration', 'no-effect'],
    ['a packet that is too large', fault({ errno: 1153 }), 'configuration', 'never'],
    ['nobody listening', fault({ code: 'ECONNREFUSED', errno: -111 }), 'connection', 'no-effect'],
    ['an unknown host', fault({ code: 'ENOTFOUND' }), 'connection', 'no-effect'],
    ['a connection that was reset', fault({ code: 'ECONNRESET', errno: -104 }), 'connection', 'indeterminate'],
    [
      'a connection that was lost',
      fault({ code: 'PROTOCOL_CONNECTION_LOST', fatal: true }),
      'connection',
      'indeterminate',
    ],
    [
      "an unknown error of the server's, though it ended the connection",
      fault({ fatal: true, errno: 4999 }),
      'unknown',
      'never',
    ],
    ['what ended a connection, whatever it is', fault({ fatal: true, code: 'NEW' }), 'connection', 'indeterminate'],
    [
      'a closed connection, by its words: nothing of it was sent',
      fault({}, "Can't add new command when connection is in closed state"),
      'connection',
      'no-effect',
    ],
    [
      'what fails before there is a connection',
      fault({ code: 'ECONNRESET', connecting: true }),
      'connection',
      'no-effect',
    ],
    ['a wrong password then', fault({ errno: 1045, connecting: true }), 'access-denied', 'never'],
    [
      'a server that is read-only, by its option',
      fault({ errno: 1290 }, 'The MySQL server is running with the --super-read-only option so it cannot execute this'),
      'read-only',
      'no-effect',
    ],
    [
      'another option that refuses a statement',
      fault(
        { errno: 1290 },
        'The MySQL server is running with the --secure-file-priv option so it cannot execute this',
      ),
      'configuration',
      'never',
    ],
    [
      'a cluster node without quorum',
      fault({ errno: 1047 }, 'WSREP has not yet prepared node for application use'),
      'connection',
      'no-effect',
    ],
    [
      'a proxy that does not take a command',
      fault({ errno: 1047 }, "Unsupported 'LOAD DATA LOCAL INFILE' command"),
      'configuration',
      'never',
    ],
    ['a group without a majority', fault({ errno: 3100 }), 'read-only', 'no-effect'],
    ['a commit that failed in a cluster', fault({ errno: 1180 }), 'deadlock', 'indeterminate'],
    ['a server in offline mode', fault({ errno: 3032 }), 'connection', 'no-effect'],
    ['connections that are all silent', fault({ code: 'CONNECTIONS_SILENT' }), 'connection', 'no-effect'],
    ['no free connection', fault({ code: 'ER_GET_CONNECTION_TIMEOUT' }), 'timeout', 'no-effect'],
    ['no answer in time', fault({ code: 'PROTOCOL_SEQUENCE_TIMEOUT', fatal: true }), 'timeout', 'indeterminate'],
    ['a busy file', fault({ errcode: 5, code: 'ERR_SQLITE_ERROR' }), 'lock-timeout', 'no-effect'],
    ['a busy snapshot', fault({ errcode: 517 }), 'lock-timeout', 'no-effect'],
    ['a file that takes no writes', fault({ errcode: 1032 }), 'read-only', 'never'],
    ['a taken key of a file', fault({ errcode: 1555 }), 'duplicate', 'never'],
    ['a taken name of a file', fault({ errcode: 2067 }), 'duplicate', 'never'],
    ['a check of a file', fault({ errcode: 275 }), 'constraint', 'never'],
    ['a file that is none', fault({ errcode: 26 }), 'configuration', 'never'],
    ['a missing table of a file', fault({ errcode: 1 }, 'no such table: bots'), 'schema', 'never'],
    ['a statement that is wrong', fault({ errcode: 1 }, 'near "x": syntax error'), 'invalid-input', 'never'],
    ['an unknown number', fault({ errno: 9999 }), 'unknown', 'never'],
    ['any other error', new TypeError('x is not a function'), 'unknown', 'never'],
    ['a text', 'failed', 'unknown', 'never'],
    ['null', null, 'unknown', 'never'],
  ])('knows %s', (_what, error, kind, repeat) => {
    expect(classifyError(error)).toMatchObject({ kind, repeat });
  });

  it('takes an error of the library for what caused it', () => {
    const cause = fault({ errno: 1213 });
    const ours = new DatabaseOperationError('x', { operation: 'x', kind: 'unknown', cause });
    expect(classifyError(ours)).toMatchObject({ kind: 'deadlock', repeat: 'no-effect' });
    const own = new DatabaseOperationError('x', { operation: 'x', kind: 'closed' });
    expect(classifyError(own)).toMatchObject({ kind: 'closed', repeat: 'never' });
  });

  it('has a kind of the list for every code', () => {
    for (const table of [SERVER_ERRORS, SERVER_NAMES, CLIENT_CODES, SQLITE_CODES, SQLITE_EXTENDED_CODES]) {
      for (const { kind } of Object.values(table)) {
        expect(ERROR_KINDS).toContain(kind);
      }
    }
  });

  it('does not take what objects inherit for a code', () => {
    expect(classifyError(fault({ code: 'toString' })).kind).toBe('unknown');
    expect(classifyError(fault({ code: '__proto__' })).kind).toBe('unknown');
  });
});

describe('mayRepeat', () => {
  it.each([
    ['no-effect', true, true],
    ['no-effect', false, true],
    ['indeterminate', true, true],
    ['indeterminate', false, false],
    ['never', true, false],
    ['never', false, false],
  ] as const)('%s, idempotent %s: %s', (repeat, idempotent, expected) => {
    expect(mayRepeat(repeat, idempotent)).toBe(expected);
  });
});

describe('translateError', () => {
  it('says what failed, why, how often and what to do next, and keeps the cause', () => {
    const cause = fault({ errno: 1213, code: 'ER_LOCK_DEADLOCK', sqlState: '40001' }, 'Deadlock found\nsecond line');
    const error = translateError(cause, { ...CONTEXT, attempts: 3 });
    expect(error).toMatchObject({
      name: 'DatabaseOperationError',
      operation: 'bots.add',
      kind: 'deadlock',
      retryable: true,
      attempts: 3,
      errno: 1213,
      code: 'ER_LOCK_DEADLOCK',
      sqlState: '40001',
      cause,
    });
    expect(error.message).toBe(
      'bots.add: Deadlock found (after 3 attempts); nothing of it was stored; make the call again',
    );
  });

  it('makes a duplicate an error of its own class', () => {
    expect(isDuplicateError(translateError(fault({ errno: 1062 }), CONTEXT))).toBe(true);
  });

  it('says where it is not known whether it was stored', () => {
    const lost = fault({ code: 'ECONNRESET' });
    expect(translateError(lost, { ...CONTEXT, idempotent: false })).toMatchObject({
      retryable: false,
      message: expect.stringContaining('not known whether it was stored'),
    });
    expect(translateError(lost, CONTEXT).message).not.toContain('not known');
  });

  it('lets its own errors through', () => {
    const own = new DatabaseOperationError('x', { operation: 'x', kind: 'closed' });
    expect(translateError(own, CONTEXT)).toBe(own);
  });

  it('holds neither a password nor a long text', () => {
    const error = translateError(fault({}, `cannot reach mysql://root:s3cret@db/x ${'y'.repeat(1_000)}`), CONTEXT);
    expect(error.message).not.toContain('s3cret');
    expect(error.message.length).toBeLessThan(400);
  });

  it.each(['text', 7, null, undefined, {}, Symbol('s')])('makes an error of %p too', (thrown) => {
    expect(translateError(thrown, CONTEXT)).toMatchObject({ kind: 'unknown', operation: 'bots.add' });
  });
});
