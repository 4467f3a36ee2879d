import type { Connection } from 'mysql2';
import type { Row, ServerLimits } from '../physical-connection.ts';
import { sendText } from './mysql2.ts';
import { isServerError } from './server-error.ts';

/** A connection as its server identifies it, unique among all servers and restarts. */
export interface ServerThread {
  /** Identifies the server among all servers. */
  readonly server: string;
  /** When the server started, in seconds of its own clock. */
  readonly startedAt: number;
  /** The connection's number on the server. Each server numbers its own, again from one after a restart. */
  readonly id: number;
}

/**
 * Asks a server in one row who it is, which of its connections this is, and for its limits. Each server executes only
 * the comments meant for it: MariaDB has no `server_uuid`, and before 10.11 no `server_uid`. Clock and uptime are both
 * of the statement's start, so their difference is always the same. Before a session is set up, the server's own
 * time limit applies, which may be a millisecond, so the statement sets its own. Sources: MySQL "Comments", MariaDB
 * "Comment Syntax"; both show these tables to every account.
 */
export const IDENTIFY_SERVER =
  '/*M! set statement max_statement_time = 0 for */ select /*+ max_execution_time(60000) */ connection_id() as id, @@max_allowed_packet as bytes, @@local_infile as loads, ' +
  "/*!80000 @@server_uuid */ /*M! concat_ws('|', @@hostname, @@port, @@server_id, " +
  "(select variable_value from information_schema.global_variables where variable_name = 'SERVER_UID')) */ as server, " +
  'unix_timestamp() - variable_value as started_at ' +
  "from /*!80000 performance_schema */ /*M! information_schema */.global_status where variable_name = 'Uptime'";

/** Reads the answer to {@link IDENTIFY_SERVER}. */
export function readIdentity(row: Row | undefined): { readonly thread: ServerThread; readonly limits: ServerLimits } {
  return {
    thread: { server: String(row?.['server']), startedAt: Number(row?.['started_at']), id: Number(row?.['id']) },
    limits: { maxStatementBytes: Number(row?.['bytes']), loadsFiles: Number(row?.['loads']) === 1 },
  };
}

/** What a server says about one of its connections. */
export type ThreadState =
  /** It works on a statement. */
  | 'working'
  /** It has answered, or received nothing. */
  | 'idle'
  /** The server has no such connection, or was restarted since. */
  | 'gone'
  /** The server answers, but does not say. */
  | 'unknown'
  /** The server does not answer, or another server does. */
  | 'unreachable';

/** The result of killing a connection at its server. */
export type KillResult =
  /** The connection no longer exists: it has no further effect. */
  | 'gone'
  /** It is about to end: its statement may still be rolled back, or its commit be finished. */
  | 'killed'
  /** It exists and cannot be killed from here. */
  | 'working'
  /** Another server answers. */
  | 'other-server';

/** A server as seen on one connection. */
interface View {
  readonly connection: Connection;
  /** That connection itself. */
  readonly self: ServerThread;
}

type ProcessView = View & { readonly commands: ReadonlyMap<number, string> };

/** How long a server may take to answer. A working one does so in milliseconds. */
const ANSWER_TIMEOUT_MS = 5_000;
const NO_SUCH_THREAD = 1094;
/** A time limit of MariaDB applies to every statement; that of MySQL only to statements that read tables. */
const NO_TIME_LIMIT = 'set autocommit = 1 /*M!, max_statement_time = 0 */';

/**
 * Asks a server about its connections, on a separate connection. Behind a load balancer, or after a failover, that one
 * may lead to another server, on which the same number belongs to somebody else. So no answer counts, and nothing is
 * killed, unless it is the same server and has not been restarted. Sources: MySQL and MariaDB, "SHOW PROCESSLIST" (an
 * account without privileges sees its own connections) and "KILL" (and may kill them; a connection that is rolling
 * back is listed until that is done).
 */
export class ProcessList {
  readonly #connect: () => Promise<Connection>;
  #asking: Promise<ProcessView | 'unknown' | 'unreachable'> | undefined;

  /** @param connect opens a connection within a bounded time */
  constructor(connect: () => Promise<Connection>) {
    this.#connect = connect;
  }

  /** Never throws. Concurrent callers share one answer. */
  async stateOf(thread: ServerThread): Promise<ThreadState> {
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
    });
    const answer = await this.#asking;
    if (typeof answer === 'string') {
      return answer;
    }
    const { self, commands } = answer;
    if (self.server !== thread.server) {
      return 'unreachable';
    }
    return self.startedAt === thread.startedAt ? stateIn(commands, thread.id) : 'gone';
  }

  /**
   * Kills connections at their server.
   *
   * @returns a result for each, in their order
   * @throws a connection's error if the server cannot be asked; nothing with an effect was sent then
   */
  async kill(threads: readonly ServerThread[]): Promise<readonly KillResult[]> {
    try {
      return await this.#withConnection(async (view) => {
        const results: KillResult[] = [];
        for (const thread of threads) {
          results.push(await kill(view, thread));
        }
        return results;
      });
    } catch (error) {
      throw Object.assign(error as Error, { connecting: true });
    }
  }

  async #ask(): Promise<ProcessView | 'unknown' | 'unreachable'> {
    try {
      return await this.#withConnection(async (view) => {
        const commands = await commandsOf(view);
        return commands.has(view.self.id) ? { ...view, commands } : 'unknown';
      });
    } catch (error) {
      // a server that refuses, for whatever reason, is reachable
      return isServerError(error) ? 'unknown' : 'unreachable';
    }
  }

  /** Runs work on a new connection, which is closed if the work takes too long. */
  async #withConnection<T>(work: (view: View) => Promise<T>): Promise<T> {
    const connection = await this.#connect();
    const lost = Promise.withResolvers<never>();
    connection.on('error', lost.reject);
    const silent = Object.assign(new Error('the server does not answer'), { code: 'CONNECTIONS_SILENT' });
    const timer = setTimeout(() => lost.reject(silent), ANSWER_TIMEOUT_MS);
    const viewing = async (): Promise<T> => {
      await query(connection, NO_TIME_LIMIT);
      const [row] = await query(connection, IDENTIFY_SERVER);
      return work({ connection, self: readIdentity(row).thread });
    };
    try {
      return await Promise.race([viewing(), lost.promise]);
    } finally {
      clearTimeout(timer);
      connection.destroy();
    }
  }
}

async function kill(view: View, { server, startedAt, id }: ServerThread): Promise<KillResult> {
  const { connection, self } = view;
  if (self.server !== server) {
    return 'other-server';
  }
  if (self.startedAt !== startedAt) {
    return 'gone';
  }
  if (self.id !== connection.threadId) {
    // a proxy that numbers connections itself would take the number for one of its own
    const commands = await commandsOf(view);
    return commands.has(self.id) && stateIn(commands, id) !== 'working' ? 'gone' : 'working';
  }
  try {
    await query(connection, `kill ${id}`);
    return 'killed';
  } catch (error) {
    if (!isServerError(error)) {
      throw error;
    }
    // while it runs a trigger it belongs to the trigger's definer, whose connections this account can neither see nor kill
    return (error as { readonly errno?: unknown }).errno === NO_SUCH_THREAD ? 'gone' : 'working';
  }
}

async function commandsOf({ connection }: View): Promise<ReadonlyMap<number, string>> {
  const rows = await query(connection, 'show processlist');
  return new Map(rows.map((row) => [Number(row['Id']), String(row['Command'])]));
}

function stateIn(commands: ReadonlyMap<number, string>, id: number): 'working' | 'idle' | 'gone' {
  const command = commands.get(id);
  return command === undefined ? 'gone' : command === 'Sleep' ? 'idle' : 'working';
}

function query(connection: Connection, sql: string): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    sendText(connection, { sql }, (error, result) =>
      error ? reject(error) : resolve(Array.isArray(result) ? result : []),
    );
  });
}
