/** Nobody gave a connection back in time. The code is the one the table of codes knows. */
class AcquireTimeout extends Error {
  readonly code = 'ER_GET_CONNECTION_TIMEOUT';
}

/** There was room for a connection, but the server let none come about: an outage, and no want of connections. */
class ServerSilent extends Error {
  readonly code = 'CONNECTIONS_SILENT';
}

/** What the connections were doing when a caller had waited for too long. */
export interface PoolUse {
  readonly acquireTimeoutMs: number;
  readonly max: number;
  /** Whether connections are lent, which they are not before what was lost is settled. */
  readonly lends: boolean;
  readonly lent: number;
  /** Those of the lent ones to which the server is not silent. */
  readonly atWork: number;
  /** Callers that wait besides. */
  readonly waiting: number;
}

/** Says why no connection was free: the server's doing, or that of those who hold them. */
export function noneFree({ acquireTimeoutMs, max, lends, lent, atWork, waiting }: PoolUse): Error {
  if (!lends) {
    return new ServerSilent(
      `no connection was lent within ${acquireTimeoutMs} ms: one was lost in the midst of a statement, and the server ` +
        'has not ended that yet; it is killed there first, so that it cannot overtake what comes after it',
    );
  }
  if (atWork < max) {
    return new ServerSilent(
      `no connection was free within ${acquireTimeoutMs} ms: the server lets none be opened, or is silent on ` +
        `${lent - atWork} of ${lent} in use`,
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
