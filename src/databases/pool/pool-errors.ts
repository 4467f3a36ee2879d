/** All connections are in use. The table of error codes knows this code. */
class AcquireTimeout extends Error {
  readonly code = 'ER_GET_CONNECTION_TIMEOUT';
}

/** The pool has room, but the server does not respond. This is an outage, not a shortage of connections. */
class ServerSilent extends Error {
  readonly code = 'CONNECTIONS_SILENT';
}

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

/** Explains why no connection was free: because of the server, or because of those that use the connections. */
export function noneFree({ acquireTimeoutMs, max, canLend, lent, active, waiting }: PoolUse): Error {
  if (!canLend) {
    return new ServerSilent(
      `no connection was lent within ${acquireTimeoutMs} ms: one was lost in the middle of a statement, and the server ` +
        'has not ended that statement yet; it is killed there first, so that it cannot run after later statements',
    );
  }
  if (active < max) {
    return new ServerSilent(
      `no connection was free within ${acquireTimeoutMs} ms: the server accepts no new connection, or is silent on ` +
        `${lent - active} of ${lent} in use`,
    );
  }
  return new AcquireTimeout(
    `no connection was free within ${acquireTimeoutMs} ms (${lent} of at most ${max} in use, ` +
      `${waiting} more callers waiting); raise DB_POOL_MAX or DB_ACQUIRE_TIMEOUT_MS, and inside a ` +
      'transaction use only the repositories it hands you',
  );
}

export function poolClosed(): Error {
  return new Error('Pool is closed.');
}
