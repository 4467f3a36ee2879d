import { Readable } from 'node:stream';
import type { TransactionSettings } from 'kysely';
import { type Connection, escapeId, format, type QueryError, type QueryOptions } from 'mysql2';
import { redactStatement } from '../../errors/redact.ts';
import { shownCause, shownMessage } from '../../errors/shown-fault.ts';
import { classifyError } from '../../errors/translate-error.ts';
import type {
  Fields,
  LoadResult,
  Parameter,
  PhysicalConnection,
  ServerLimits,
  StatementResult,
} from '../physical-connection.ts';
import type { QueryOutcome, RowSink } from '../row-sink.ts';
import { checkDriver, rowsMissed } from './driver-check.ts';
import { toLoadResult, toStatementResult } from './mysql-values.ts';
import { type Command, forgetFile, isHeader, lineOf, type PacketReader, sendText } from './mysql2.ts';
import { IDENTIFY_SERVER, readIdentity, type ServerThread } from './process-list.ts';
import { IN_TRANSACTION, ResultReader } from './result-reader.ts';
import { RowDecoder } from './row-decoder.ts';
import { isServerError } from './server-error.ts';
import { type ServerSession, SessionSetter, withServerName } from './server-session.ts';
import { serverStatements } from './server-statements.ts';
import { SilenceWatch } from './silence-watch.ts';
import { assertFits, PACKET_TOO_LARGE } from './statement-size.ts';

/** A new connection is opened sooner than a slower one responds or is reset. */
const CHECK_TIMEOUT_MS = 2_000;

/** A connection to MySQL or MariaDB. `setUp()` sets its session, and so does each reset. */
export class MySqlConnection implements PhysicalConnection {
  usable = true;
  inTransaction = false;
  readonly replaceable = true;
  readonly quoting = serverStatements.rules;
  readonly #raw: Connection;
  readonly #timeoutMs: number;
  readonly #database: string | undefined;
  readonly #session: ServerSession;
  readonly #setter: SessionSetter;
  /** Rejects the statements under way. */
  readonly #rejectors = new Set<(error: Error) => void>();
  /** How the server identifies this connection, once it was asked. */
  #thread: ServerThread | undefined;
  #limits: ServerLimits | undefined;
  #watch: SilenceWatch | undefined;

  constructor(raw: Connection, queryTimeoutMs: number, database: string | undefined, session: ServerSession) {
    this.#raw = raw;
    this.#timeoutMs = queryTimeoutMs;
    this.#database = database;
    this.#session = session;
    this.#setter = new SessionSetter(session.settings);
    const lost = (): void => {
      this.usable = false;
    };
    // notices a server that ends an idle connection before the connection is lent
    raw.on('error', lost);
    raw.on('end', lost);
  }

  get limits(): ServerLimits {
    return this.#limits as ServerLimits;
  }

  get silent(): boolean {
    return this.#watch?.silent === true;
  }

  /** Sets the session and asks the server for its identity and limits. No caller's statement was sent before. */
  async setUp(timeoutMs: number | undefined): Promise<void> {
    const timer = timeoutMs === undefined ? undefined : setTimeout(() => this.abort(), timeoutMs);
    try {
      await this.#setSession();
      const { rows } = await this.execute(IDENTIFY_SERVER, []);
      const { thread, limits } = readIdentity(rows[0]);
      this.#limits = limits;
      this.#thread = thread;
      this.#watch = this.#watchFor(thread);
    } finally {
      clearTimeout(timer);
    }
  }

  async execute(sql: string, parameters: readonly Parameter[]): Promise<StatementResult> {
    return toStatementResult(await this.#send({ sql: textOf(sql, parameters) }));
  }

  async read(sql: string, parameters: readonly Parameter[], onRow: (fields: Fields) => void): Promise<number> {
    const rows = new RowDecoder(onRow);
    await this.#send({ sql: textOf(sql, parameters) }, rows, 'none');
    return rows.count;
  }

  async query(sql: string, _parameters: readonly Parameter[], sink: RowSink): Promise<QueryOutcome> {
    if (sink.flow !== undefined) {
      return this.#stream(sql, sink);
    }
    const reader = new ResultReader(sink);
    await this.#send(uncompiled(sql), reader);
    return reader.outcome;
  }

  /** The timeout covers only the first row: the sink decides how fast the others come. */
  async #stream(sql: string, sink: RowSink): Promise<QueryOutcome> {
    const timer = this.#timeoutMs > 0 ? setTimeout(() => this.#lose(tooLate()), this.#timeoutMs) : undefined;
    const reader = new ResultReader(sink, {
      begun: () => clearTimeout(timer),
      pause: () => this.#raw.pause(),
      resume: () => this.#raw.resume(),
      abort: () => this.abort(),
    });
    try {
      await this.#send({ ...uncompiled(sql), timeout: 0 }, reader);
    } finally {
      clearTimeout(timer);
      reader.finish();
    }
    return reader.outcome;
  }

  async load(sql: string, file: Iterable<Buffer>): Promise<LoadResult> {
    // whatever file the server asks for, it gets this one
    const result = await this.#send({ sql, infileStreamFactory: () => Readable.from(file, { objectMode: false }) });
    return toLoadResult(result);
  }

  /** @param effect what the statement may change: our own reads nothing */
  #send(options: QueryOptions, reader?: PacketReader, effect: 'none' | 'possible' = 'possible'): Promise<unknown> {
    assertFits(options.sql, this.#limits);
    this.#watch?.begin();
    return new Promise((resolve, reject) => {
      const lost = (error: Error): void => {
        if (effect === 'possible' && this.#thread !== undefined) {
          this.#session.lostStatements.add(this.#thread);
        }
        reject(error);
      };
      this.#rejectors.add(lost);
      const limit = this.#timeoutMs > 0 ? { timeout: this.#timeoutMs } : {};
      // a closed connection answers before `sendText` has returned
      let command: Command | undefined;
      const answered = (error: QueryError | null, result: unknown): void => {
        this.#rejectors.delete(lost);
        this.#watch?.end();
        const status = isHeader(result) ? result.serverStatus : reader?.status;
        // a failure has no status: the transaction is as it was
        if (status !== undefined) {
          this.inTransaction = (status & IN_TRANSACTION) !== 0;
        }
        if (error) {
          forgetFile(command);
          const fail = this.#isOutcome(error) ? reject : lost;
          fail(this.#failed(error));
        } else if (reader?.failure !== undefined) {
          reject(reader.failure);
        } else if (reader?.missedRows(result) === true) {
          reject(rowsMissed());
        } else {
          resolve(result);
        }
      };
      command = sendText(this.#raw, { ...limit, ...options }, answered, reader);
    });
  }

  checkDriver(): Promise<void> {
    return checkDriver(this.#raw, (options, reader) => this.#send(options, reader));
  }

  async check(): Promise<boolean> {
    try {
      await this.#inTime(() => this.#command((answered) => this.#raw.ping(answered)));
      return this.usable;
    } catch {
      this.abort();
      return false;
    }
  }

  /** Source: MySQL "mysql_reset_connection()", MariaDB "COM_RESET_CONNECTION"; neither resets the role and the database. */
  async reset(): Promise<void> {
    try {
      await this.#inTime(async () => {
        const { rows } = await this.execute('select current_role() <=> @tradestore_role as same', []);
        if (rows[0]?.['same'] !== 1) {
          throw new Error('the role was changed');
        }
        await this.#command((answered) => this.#raw.reset(answered));
        await this.#setSession(true);
      });
    } catch (error) {
      this.abort();
      throw error;
    }
  }

  /**
   * Sets what a session must be set to, whatever the server's defaults and the user's own statements are.
   *
   * @param used whether the connection was lent, and may have changed to another database
   */
  async #setSession(used = false): Promise<void> {
    const { initStatements } = this.#session;
    for (const [index, statement] of initStatements.entries()) {
      await this.execute(statement, []).catch((error: QueryError) => {
        throw this.usable ? initStatementFailed(index, error) : error;
      });
    }
    if (this.#database !== undefined && (used || initStatements.length > 0)) {
      await this.execute(`use ${escapeId(this.#database, true)}`, []);
    }
    await this.#setter.set((statement) => this.execute(statement, []));
    if (this.inTransaction) {
      throw Object.assign(new Error('initStatements leave a transaction open'), { code: 'INIT_STATEMENT_FAILED' });
    }
  }

  /** Closes the connection if the work takes too long. */
  async #inTime(work: () => Promise<void>): Promise<void> {
    const timer = setTimeout(() => this.abort(), CHECK_TIMEOUT_MS);
    try {
      await work();
    } finally {
      clearTimeout(timer);
    }
  }

  /** Sends a command that is not a statement. */
  #command(send: (answered: (error: QueryError | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#rejectors.add(reject);
      send((error) => {
        this.#rejectors.delete(reject);
        if (error) {
          reject(error);
        } else {
          resolve();
        }
      });
    });
  }

  beginStatements({ isolationLevel, accessMode }: TransactionSettings): readonly string[] {
    const modes = [isolationLevel === undefined ? '' : `isolation level ${isolationLevel}`, accessMode ?? ''].filter(
      (mode) => mode !== '',
    );
    return modes.length === 0 ? ['begin'] : [`set transaction ${modes.join(', ')}`, 'begin'];
  }

  afterTransaction(): readonly string[] {
    return [];
  }

  close(): Promise<void> {
    if (!this.usable) {
      this.abort();
      return Promise.resolve();
    }
    this.usable = false;
    this.#watch?.stop();
    return new Promise((resolve) => {
      this.#raw.end(() => resolve());
    });
  }

  abort(): void {
    const closed = { code: 'PROTOCOL_CONNECTION_LOST', fatal: true };
    this.#lose(Object.assign(new Error('the connection was closed'), closed));
  }

  #lose(error: Error): void {
    this.usable = false;
    this.#watch?.stop();
    this.#raw.destroy();
    // the driver only ends its side of the socket, and a busy server would keep the process alive
    lineOf(this.#raw).destroy();
    // the driver forgets the statements of a destroyed connection, so their callers would wait for ever
    for (const reject of this.#rejectors) {
      reject(error);
    }
    this.#rejectors.clear();
  }

  #watchFor(thread: ServerThread): SilenceWatch {
    const { processes, silence } = this.#session;
    return new SilenceWatch(
      {
        raw: this.#raw,
        state: () => processes.stateOf(thread),
        kill: async () => {
          const [result] = await processes.kill([thread]).catch(() => []);
          return result === 'gone' || result === 'killed';
        },
        lose: (error) => this.#lose(error),
      },
      silence,
    );
  }

  /**
   * Whether the error is the server's own answer, so that the statement has ended. A proxy that loses the server answers
   * in its place, while the server may still work on the statement.
   */
  #isOutcome(error: QueryError): boolean {
    const { kind, repeat } = classifyError(withServerName(error, this.#session));
    const proxied = this.#thread !== undefined && this.#thread.id !== this.#raw.threadId;
    return isServerError(error) && (repeat !== 'indeterminate' || (kind !== 'connection' && !proxied));
  }

  #failed(error: QueryError & { sql?: string }): Error {
    // after these the connection is gone, or an answer may still arrive on it
    if (!this.#isOutcome(error) || error.errno === PACKET_TOO_LARGE) {
      this.abort();
    }
    const { kind, repeat } = classifyError(withServerName(error, this.#session));
    if (repeat !== 'never' && (kind === 'connection' || kind === 'read-only')) {
      // this server accepts no such statements any more; after a failover another one does
      this.usable = false;
    }
    // the driver attaches the whole statement with its values to the error, sometimes tens of megabytes
    if (error.sql !== undefined) {
      error.sql = redactStatement(error.sql, this.quoting);
    }
    return error;
  }
}

function initStatementFailed(index: number, cause: QueryError): Error {
  const message = `initStatements[${index}]: ${shownMessage(cause)}`;
  return Object.assign(new Error(message, { cause: shownCause(cause) }), { code: 'INIT_STATEMENT_FAILED' });
}

/**
 * For statements of unknown columns: the driver would compile code for the columns of each new statement, and closes
 * the connection at a column named `__proto__`.
 */
function uncompiled(sql: string): QueryOptions & { readonly disableEval: true } {
  return { sql, disableEval: true };
}

/** A statement without values is sent as it is: the driver would search all of its text for placeholders. */
function textOf(sql: string, parameters: readonly Parameter[]): string {
  return parameters.length === 0 ? sql : format(sql, [...parameters], false, 'Z');
}

function tooLate(): Error {
  return Object.assign(new Error('the server did not answer in time'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
}
