import type { Connection } from 'mysql2';
import { toStatementResult } from './mysql-results.ts';
import { sendText } from './mysql2.ts';
import type { Row } from './physical-connection.ts';

/** What a server says of one of its connections. */
export type Whereabouts =
  /** It works on a statement. */
  | 'working'
  /** It has answered, or never heard of anything. */
  | 'idle'
  /** It knows of no such connection. */
  | 'gone'
  /** It answers, but does not say. */
  | 'unknown'
  /** It does not answer. */
  | 'unreachable';

/** How long a server may take to answer. One that works does so in milliseconds. */
const LONGEST_ANSWER_MS = 5_000;
const NO_SUCH_THREAD = 1094;

/**
 * Asks a server about its connections, on another one. Sources: MySQL and MariaDB, "SHOW PROCESSLIST" (whoever
 * may do nothing else sees the connections of his own account) and "KILL" (and may end them).
 */
export class ProcessList {
  readonly #connect: () => Promise<Connection>;
  #asking: Promise<ReadonlyMap<number, string> | 'unknown' | 'unreachable'> | undefined;

  /** @param connect opens a connection, and does not take for ever */
  constructor(connect: () => Promise<Connection>) {
    this.#connect = connect;
  }

  /** Never throws. Whoever asks while another does gets the same answer. */
  async whereabouts(id: number): Promise<Whereabouts> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    const commands = await this.#asking;
    if (typeof commands === 'string') {
      return commands;
    }
    const command = commands.get(id);
    return command === undefined ? 'gone' : command === 'Sleep' ? 'idle' : 'working';
  }

  /** Ends a connection at the server, so that nothing of it is done later. Says whether that is certain. */
  async end(id: number): Promise<boolean> {
    try {
      await this.#onConnection((connection) => query(connection, `kill ${id}`));
      return true;
    } catch (error) {
      return (error as { readonly errno?: unknown }).errno === NO_SUCH_THREAD;
    }
  }

  async #ask(): Promise<ReadonlyMap<number, string> | 'unknown' | 'unreachable'> {
    try {
      return await this.#onConnection(async (connection) => {
        const rows = await query(connection, 'show processlist');
        const commands = new Map(rows.map((row) => [Number(row['Id']), String(row['Command'])]));
        // behind a proxy that counts connections by itself, numbers mean nothing
        return commands.has(connection.threadId) ? commands : 'unknown';
      });
    } catch (error) {
      // one that refuses, for whatever reason, is there
      const { errno } = error as { readonly errno?: unknown };
      return typeof errno === 'number' && errno > 0 ? 'unknown' : 'unreachable';
    }
  }

  /** Does something on a connection of its own, which is given up when it takes too long. */
  async #onConnection<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#connect();
    const lost = Promise.withResolvers<never>();
    connection.on('error', lost.reject);
    const timer = setTimeout(() => lost.reject(new Error('no answer')), LONGEST_ANSWER_MS);
    try {
      return await Promise.race([work(connection), lost.promise]);
    } finally {
      clearTimeout(timer);
      connection.destroy();
    }
  }
}

function query(connection: Connection, sql: string): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    sendText(connection, { sql }, (error, result) => (error ? reject(error) : resolve(toStatementResult(result).rows)));
  });
}
