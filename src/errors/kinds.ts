/**
 * What went wrong, as far as a caller can act on it. Branch on the kind, not on the message:
 *
 * | kind | meaning |
 * |---|---|
 * | `invalid-input` | the input was refused at the edge; nothing was sent |
 * | `duplicate` | a unique value (a bot's name) is taken |
 * | `conflict` | the row was changed since it was read |
 * | `constraint` | the database refused a value (too long, out of range, a check) |
 * | `deadlock` | the server chose this transaction as a deadlock's victim |
 * | `lock-timeout` | a lock was not available in time |
 * | `connection` | the server cannot be reached or went away |
 * | `timeout` | a time limit passed: a statement's, or the wait for a connection |
 * | `read-only` | the server, the file or the transaction does not accept writes |
 * | `access-denied` | wrong user or password, or a missing privilege |
 * | `schema` | a table or column is missing or differs; the message names the command that fixes it |
 * | `configuration` | a setting here or on the server does not allow it |
 * | `closed` | the instance was closed, the transaction had ended or the writer was destroyed |
 * | `unknown` | none of the above; see `cause` |
 */
export const ERROR_KINDS = [
  'invalid-input',
  'duplicate',
  'conflict',
  'constraint',
  'deadlock',
  'lock-timeout',
  'connection',
  'timeout',
  'read-only',
  'access-denied',
  'schema',
  'configuration',
  'closed',
  'unknown',
] as const;

/** One of {@link ERROR_KINDS}. */
export type ErrorKind = (typeof ERROR_KINDS)[number];
