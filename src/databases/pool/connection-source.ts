import type { PhysicalConnection } from '../physical-connection.ts';

/** Where connections come from: a pool, or a single connection. */
export interface ConnectionSource {
  acquire(): Promise<PhysicalConnection>;
  /** @param dirty whether the session may have changed */
  release(connection: PhysicalConnection, dirty?: boolean): void;
  destroy(): Promise<void>;
}

/** A source that always gives the same connection, which stays open. */
export function singleConnection(connection: PhysicalConnection): ConnectionSource {
  return {
    acquire: async () => connection,
    release: () => undefined,
    destroy: async () => undefined,
  };
}

/** Statements whose connection was lost before the server answered them. */
export interface UnfinishedStatements {
  readonly size: number;
  /**
   * Resolves when none of them can have an effect any more: each has left its server's process list after it was
   * killed, its server was restarted, or its server can no longer be reached under this address.
   *
   * @param stop returns true once no caller waits any more
   * @throws the error that prevents asking the server; calling again is safe
   */
  waitUntilFinished(stop: () => boolean): Promise<void>;
}

/** For a database whose statements end with their connection: there are none. */
export const NONE_UNFINISHED: UnfinishedStatements = { size: 0, waitUntilFinished: async () => undefined };
