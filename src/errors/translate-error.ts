import { DatabaseOperationError } from './database-operation-error.ts';
import { DuplicateError } from './duplicate-error.ts';
import {
  CLIENT_CODES,
  type CodeMeaning,
  DRIVER_MESSAGES,
  OTHER_OPTION,
  type Repeat,
  SERVER_ERRORS,
  SERVER_NAMES,
  SQLITE_CODES,
  SQLITE_EXTENDED_CODES,
  SQLITE_MESSAGES,
  UNKNOWN_COMMAND,
} from './error-codes.ts';
import { shownMessage } from './shown-fault.ts';

const UNKNOWN: CodeMeaning = { kind: 'unknown', repeat: 'never', advice: 'see the cause' };
const COMPARE_NAMES = 'compare the names in the statement with those in the database';
const MESSAGE_LENGTH = 300;
const OPTION_PREVENTS_STATEMENT = 1290;
const UNKNOWN_COMMAND_ERROR = 1047;
// a lock wait undoes one statement, or the transaction where innodb_rollback_on_timeout is on
const ENDING_KINDS: ReadonlySet<string> = new Set([
  'deadlock',
  'lock-timeout',
  'connection',
  'timeout',
  'configuration',
  'closed',
]);

/** The fields by which drivers describe a failure. The ORM's exceptions have them too. */
interface DriverFault {
  readonly code?: unknown;
  readonly errno?: unknown;
  readonly sqlState?: unknown;
  readonly errcode?: unknown;
  readonly fatal?: unknown;
  readonly message?: unknown;
  /** Set by our connections: it failed before any statement was sent. */
  readonly connecting?: unknown;
  /** Set if a raw SQL statement of the caller names tables or columns other than the library's. */
  readonly foreignNames?: unknown;
  /** Set by our connections: when the server was last heard from, by `performance.now()`. */
  readonly silentSince?: unknown;
}

/** What an error means, by the table of codes and never by the class of an exception. */
export function classifyError(error: unknown): CodeMeaning {
  if (typeof error !== 'object' || error === null) {
    return UNKNOWN;
  }
  if (error instanceof DatabaseOperationError) {
    return error.cause === undefined ? { ...UNKNOWN, kind: error.kind } : classifyError(error.cause);
  }
  const fault = error as DriverFault;
  const meaning = meaningOf(fault);
  // what fails before there is a connection has done nothing
  return fault.connecting === true && meaning.repeat === 'indeterminate'
    ? { ...meaning, repeat: 'no-effect' }
    : meaning;
}

/** Since when the server had been silent, by `performance.now()`; `undefined` if it had not. */
export function silentSinceOf(error: unknown): number | undefined {
  const fault = error instanceof DatabaseOperationError ? error.cause : error;
  const since = typeof fault === 'object' && fault !== null ? (fault as DriverFault).silentSince : undefined;
  return typeof since === 'number' ? since : undefined;
}

function meaningOf(fault: DriverFault): CodeMeaning {
  const message = String(fault.message ?? '');
  if (typeof fault.errcode === 'number') {
    return (
      SQLITE_EXTENDED_CODES[fault.errcode] ??
      SQLITE_CODES[fault.errcode & 0xff] ??
      byMessage(SQLITE_MESSAGES, message) ??
      UNKNOWN
    );
  }
  // system errors have a negative errno of their own; the code names them
  // one number for every option of the server that refuses a statement
  if (fault.errno === OPTION_PREVENTS_STATEMENT && /--(?!\S*read[-_]only)\w/i.test(message)) {
    return OTHER_OPTION;
  }
  // only from a node of a Galera cluster does it mean a lost quorum
  if (fault.errno === UNKNOWN_COMMAND_ERROR && !/WSREP/.test(message)) {
    return UNKNOWN_COMMAND;
  }
  const byNumber = typeof fault.errno === 'number' ? SERVER_ERRORS[fault.errno] : undefined;
  return (
    byNumber ??
    byCode(CLIENT_CODES, fault) ??
    byCode(SERVER_NAMES, fault) ??
    byMessage(DRIVER_MESSAGES, message) ??
    lostConnection(fault) ??
    UNKNOWN
  );
}

/**
 * Whether a failure has, or may have, rolled back the whole transaction, so that the server would run the next
 * statement outside any. A conflict that the library found by a version has not.
 */
export function endsTransaction(error: unknown): boolean {
  const { kind, repeat } = classifyError(error);
  return ENDING_KINDS.has(kind) || (kind === 'conflict' && repeat === 'no-effect');
}

/** Whether failed work may be retried, given whether it is idempotent. */
export function mayRepeat(repeat: Repeat, idempotent: boolean): boolean {
  return repeat === 'no-effect' || (repeat === 'indeterminate' && idempotent);
}

/**
 * Turns any thrown value into the public error. An error that is one already is returned unchanged. Neither the
 * message nor the `cause`, which is the driver's error, contains the statement or its values.
 */
export function translateError(
  error: unknown,
  context: { readonly operation: string; readonly attempts: number; readonly idempotent: boolean },
): DatabaseOperationError {
  if (error instanceof DatabaseOperationError) {
    return context.attempts > error.attempts && error.attempts > 0
      ? Object.assign(error, { attempts: context.attempts })
      : error;
  }
  const meaning = classifyError(error);
  const { kind, repeat } = meaning;
  const fault = (typeof error === 'object' && error !== null ? error : {}) as DriverFault;
  const advice = kind === 'schema' && fault.foreignNames === true ? COMPARE_NAMES : meaning.advice;
  const shown = shownMessage(error).slice(0, MESSAGE_LENGTH);
  const tries = context.attempts > 1 ? ` (after ${context.attempts} attempts)` : '';
  const doubt =
    repeat === 'indeterminate' && !context.idempotent
      ? '; it is not known whether it was stored, so read before trying again'
      : '';
  const message = `${context.operation}: ${shown}${tries}${advice === '' ? '' : `; ${advice}`}${doubt}`;
  const details = {
    operation: context.operation,
    retryable: mayRepeat(repeat, context.idempotent),
    attempts: context.attempts,
    code: typeof fault.code === 'string' ? fault.code : undefined,
    errno:
      typeof fault.errno === 'number' ? fault.errno : typeof fault.errcode === 'number' ? fault.errcode : undefined,
    sqlState: typeof fault.sqlState === 'string' ? fault.sqlState : undefined,
    cause: error,
  };
  return kind === 'duplicate'
    ? new DuplicateError(message, details)
    : new DatabaseOperationError(message, { ...details, kind });
}

function byCode(table: Readonly<Record<string, CodeMeaning>>, { code }: DriverFault): CodeMeaning | undefined {
  return typeof code === 'string' && Object.hasOwn(table, code) ? table[code] : undefined;
}

function byMessage(table: readonly (readonly [RegExp, CodeMeaning])[], message: string): CodeMeaning | undefined {
  return table.find(([pattern]) => pattern.test(message))?.[1];
}

/** mysql2 marks what ended a connection as fatal, whatever the code. */
function lostConnection(fault: DriverFault): CodeMeaning | undefined {
  return fault.fatal === true && typeof fault.errno !== 'number' ? CLIENT_CODES['PROTOCOL_CONNECTION_LOST'] : undefined;
}
