/** What the connections were doing when a caller's wait timed out. */
export interface PoolUse {
  readonly acquireTimeoutMs: number;
  readonly max: number;
  /** False while statements of lost connections are unfinished. */
  readonly canLend: boolean;
  readonly lent: number;
  /** Lent connections on which the server responds. */
  readonly active: number;
  /** Other callers that wait. */
  readonly waiting: number;
}

/**
 * Explains why no connection was free: because of those that use the connections, or because of the server, which is
 * an outage. The table of error codes knows the codes.
 */
export function noneFree({ acquireTimeoutMs, max, canLend, lent, active, waiting }: PoolUse): Error {
  const within = `within ${acquireTimeoutMs} ms`;
  const silent = { code: 'CONNECTIONS_SILENT' };
  if (!canLend) {
    const why =
      'one was lost in the middle of a statement, and the server has not ended that statement yet; it is killed there ' +
      'first, so that it cannot run after later statements';
    return Object.assign(new Error(`no connection was lent ${within}: ${why}`), silent);
  }
  if (active < max) {
    const why = `the server accepts no new connection, or is silent on ${lent - active} of ${lent} in use`;
    return Object.assign(new Error(`no connection was free ${within}: ${why}`), silent);
  }
  const message =
    `no connection was free ${within} (${lent} of at most ${max} in use, ${waiting} more callers waiting); raise ` +
    'DB_POOL_MAX or DB_ACQUIRE_TIMEOUT_MS, and inside a transaction use only the repositories that its function is given';
  return Object.assign(new Error(message), { code: 'ER_GET_CONNECTION_TIMEOUT' });
}

export function poolClosed(): Error {
  return new Error('Pool is closed.');
}
