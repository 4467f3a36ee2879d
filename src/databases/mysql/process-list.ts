import type { Connection } from 'mysql2';
import type { Row } from '../physical-connection.ts';
import { toStatementResult } from './mysql-results.ts';
import { sendText } from './mysql2.ts';
import { isServerError } from './server-error.ts';
import { INTRODUCTION, readIntroduction, type ServerThread } from './server-thread.ts';

/** What a server says of one of its connections. */
export type Whereabouts =
  /** It works on a statement. */
  | 'working'
  /** It has answered, or never heard of anything. */
  | 'idle'
  /** It knows of no such connection, or has started anew since. */
  | 'gone'
  /** It answers, but does not say. */
  | 'unknown'
  /** It does not answer, or another server does. */
  | 'unreachable';

/** What became of a connection that was to be ended at its server. */
export type Ending =
  /** Nothing of it can happen any more. */
  | 'over'
  /** It is about to end: a statement of it may still be undone, or its commit be finished. */
  | 'killed'
  /** It is there, and cannot be ended from here. */
  | 'working'
  /** It is another server that answers. */
  | 'elsewhere';

/** A server as it answers on one connection. */
interface Look {
  readonly connection: Connection;
  /** That connection itself. */
  readonly self: ServerThread;
}

/** How long a server may take to answer. One that works does so in milliseconds. */
const LONGEST_ANSWER_MS = 5_000;
const NO_SUCH_THREAD = 1094;
/** On MariaDB a time limit of the server's holds for whatever is sent; MySQL's is for what reads tables. */
const NO_TIME_LIMIT = 'set autocommit = 1 /*M!, max_statement_time = 0 */';

/**
 * Asks a server about its connections, on another one. Behind a balancer, or after a failover, that other one may
 * lead to another server, on which the same number belongs to somebody else: so nothing is believed, and nobody
 * killed, before it is known that it is the same server, and that it has not started anew. Sources: MySQL and
 * MariaDB, "SHOW PROCESSLIST" (whoever may do nothing else sees the connections of his own account) and "KILL"
 * (and may end them; a connection that is rolling back is known until that is done).
 */
export class ProcessList {
  readonly #connect: () => Promise<Connection>;
  #asking: Promise<(Look & { readonly commands: ReadonlyMap<number, string> }) | 'unknown' | 'unreachable'> | undefined;

  /** @param connect opens a connection, and does not take for ever */
  constructor(connect: () => Promise<Connection>) {
    this.#connect = connect;
  }

  /** Never throws. Whoever asks while another does gets the same answer. */
  async whereabouts(thread: ServerThread): Promise<Whereabouts> {
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
    return self.startedAt === thread.startedAt ? stateOf(commands, thread.id) : 'gone';
  }

  /**
   * Ends connections at their server, and says for each how far that is.
   *
   * @throws what a connection fails by when the server cannot be asked; nothing was sent then that has an effect
   */
  async end(threads: readonly ServerThread[]): Promise<readonly Ending[]> {
    try {
      return await this.#withConnection(async (look) => {
        const endings: Ending[] = [];
        for (const thread of threads) {
          endings.push(await endingOf(look, thread));
        }
        return endings;
      });
    } catch (error) {
      throw Object.assign(error as Error, { connecting: true });
    }
  }

  async #ask(): Promise<(Look & { readonly commands: ReadonlyMap<number, string> }) | 'unknown' | 'unreachable'> {
    try {
      return await this.#withConnection(async (look) => {
        const commands = await commandsOf(look);
        return commands.has(look.self.id) ? { ...look, commands } : 'unknown';
      });
    } catch (error) {
      // one that refuses, for whatever reason, is there
      return isServerError(error) ? 'unknown' : 'unreachable';
    }
  }

  /** Does something on a connection of its own, which is given up when it takes too long. */
  async #withConnection<T>(work: (look: Look) => Promise<T>): Promise<T> {
    const connection = await this.#connect();
    const lost = Promise.withResolvers<never>();
    connection.on('error', lost.reject);
    const silent = Object.assign(new Error('the server does not answer'), { code: 'CONNECTIONS_SILENT' });
    const timer = setTimeout(() => lost.reject(silent), LONGEST_ANSWER_MS);
    const looking = async (): Promise<T> => {
      await query(connection, NO_TIME_LIMIT);
      const [row] = await query(connection, INTRODUCTION);
      return work({ connection, self: readIntroduction(row).thread });
    };
    try {
      return await Promise.race([looking(), lost.promise]);
    } finally {
      clearTimeout(timer);
      connection.destroy();
    }
  }
}

async function endingOf(look: Look, { server, startedAt, id }: ServerThread): Promise<Ending> {
  const { connection, self } = look;
  if (self.server !== server) {
    return 'elsewhere';
  }
  if (self.startedAt !== startedAt) {
    return 'over';
  }
  if (self.id !== connection.threadId) {
    // a proxy that counts connections by itself would take the number for one of its own
    const commands = await commandsOf(look);
    return commands.has(self.id) && stateOf(commands, id) !== 'working' ? 'over' : 'working';
  }
  try {
    await query(connection, `kill ${id}`);
    return 'killed';
  } catch (error) {
    if (!isServerError(error)) {
      throw error;
    }
    // while it runs a trigger it is that one's author's, whose connections this account neither sees nor may kill
    return (error as { readonly errno?: unknown }).errno === NO_SUCH_THREAD ? 'over' : 'working';
  }
}

async function commandsOf({ connection }: Look): Promise<ReadonlyMap<number, string>> {
  const rows = await query(connection, 'show processlist');
  return new Map(rows.map((row) => [Number(row['Id']), String(row['Command'])]));
}

function stateOf(commands: ReadonlyMap<number, string>, id: number): 'working' | 'idle' | 'gone' {
  const command = commands.get(id);
  return command === undefined ? 'gone' : command === 'Sleep' ? 'idle' : 'working';
}

function query(connection: Connection, sql: string): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    sendText(connection, { sql }, (error, result) => (error ? reject(error) : resolve(toStatementResult(result).rows)));
  });
}
