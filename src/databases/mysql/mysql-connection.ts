import { Readable } from 'node:stream';
import type { TransactionSettings } from 'kysely';
import { type Connection, escapeId, format, type QueryError, type QueryOptions } from 'mysql2';
import { redactStatement } from '../../errors/redact.ts';
import { shownMessage } from '../../errors/shown-fault.ts';
import { classifyError } from '../../errors/translate-error.ts';
import type {
  Fields,
  LoadResult,
  Parameter,
  PhysicalConnection,
  Row,
  ServerLimits,
  StatementResult,
} from '../physical-connection.ts';
import type { QueryOutcome, RowSink } from '../row-sink.ts';
import { checkDriver, rowsMissed } from './driver-check.ts';
import { internalsOf, isHeader, type PacketReader, sendText } from './mysql2.ts';
import { IDENTIFY_SERVER, readIdentity, type ServerThread } from './process-list.ts';
import { IN_TRANSACTION, ResultReader, wholeNumber } from './result-reader.ts';
import { RowDecoder } from './row-decoder.ts';
import { isServerError } from './server-error.ts';
import { initStatementFailed, type ServerSession, setSession, withServerName } from './server-session.ts';
import { serverStatements } from './server-statements.ts';
import { SilenceWatch } from './silence-watch.ts';
import { assertFits, PACKET_TOO_LARGE } from './statement-size.ts';

/** A new connection is opened sooner than a slower one responds, is reset or closes. */
const CHECK_TIMEOUT_MS = 2_000;

/** A statement, and how it is sent. */
interface Statement extends Omit<QueryOptions, 'values'> {
  readonly values?: readonly Parameter[];
  /**
   * For unknown columns: the driver would compile code for the columns of each new statement, and closes the
   * connection at a column named `__proto__`.
   */
  readonly disableEval?: true;
}

/** A connection to MySQL or MariaDB. `setUp()` sets its session, and so does each reset. */
export class MySqlConnection implements PhysicalConnection {
  usable = true;
  inTransaction = false;
  limits: ServerLimits = { maxStatementBytes: Number.POSITIVE_INFINITY, loadsFiles: false };
  readonly replaceable = true;
  readonly quoting = serverStatements.rules;
  readonly #raw: Connection;
  readonly #timeoutMs: number;
  readonly #database: string | undefined;
  readonly #session: ServerSession;
  /** Rejects the statements under way. */
  readonly #rejectors = new Set<(error: Error) => void>();
  /** How the server identifies this connection, once it was asked. */
  #thread: ServerThread | undefined;
  /** The statement that has set the session. */
  #setting: string | undefined;
  #watch: SilenceWatch | undefined;

  constructor(raw: Connection, queryTimeoutMs: number, database: string | undefined, session: ServerSession) {
    this.#raw = raw;
    this.#timeoutMs = queryTimeoutMs;
    this.#database = database;
    this.#session = session;
    const lost = (): void => {
      this.usable = false;
    };
    // notices a server that ends an idle connection before the connection is lent
    raw.on('error', lost);
    raw.on('end', lost);
  }

  get silent(): boolean {
    return this.#watch?.silent === true;
  }

  /** Sets the session and asks the server for its identity and limits. No caller's statement was sent before. */
  setUp(timeoutMs: number): Promise<void> {
    return this.#inTime(timeoutMs, async () => {
      await this.#setSession();
      const { rows } = await this.execute(IDENTIFY_SERVER, []);
      const { thread, limits } = readIdentity(rows[0]);
      this.limits = limits;
      this.#thread = thread;
      const { processes, silence } = this.#session;
      if (silence.silenceCheckMs > 0) {
        const line = internalsOf(this.#raw).stream;
        const isBusy = (): boolean => this.#rejectors.size > 0;
        this.#watch = new SilenceWatch(
          { line, thread, isBusy, lose: (error) => this.#lose(error) },
          processes,
          silence,
        );
      }
    });
  }

  async execute(sql: string, parameters: readonly Parameter[]): Promise<StatementResult> {
    const result = await this.#send({ sql, values: parameters });
    if (!isHeader(result)) {
      return { rows: Array.isArray(result) ? (result as Row[]) : [], affected: 0 };
    }
    const { affectedRows: affected, warningStatus: warnings, insertId: id, info } = result;
    // "Records: 3  Duplicates: 1  Warnings: 0"; the words depend on the server's language
    const duplicates = /\d+\D+(\d+)/.exec(info)?.[1];
    const updated = duplicates === undefined ? undefined : Number(duplicates);
    return { rows: [], affected, warnings, insertId: id === 0 ? undefined : wholeNumber(String(id)), updated };
  }

  async read(sql: string, parameters: readonly Parameter[], onRow: (fields: Fields) => void): Promise<number> {
    const rows = new RowDecoder(onRow);
    await this.#send({ sql, values: parameters }, rows, 'none');
    return rows.count;
  }

  async query(sql: string, _parameters: readonly Parameter[], sink: RowSink): Promise<QueryOutcome> {
    if (sink.flow !== undefined) {
      return this.#stream(sql, sink);
    }
    const reader = new ResultReader(sink);
    await this.#send({ sql, disableEval: true }, reader);
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
      await this.#send({ sql, disableEval: true, timeout: 0 }, reader);
    } finally {
      clearTimeout(timer);
      reader.finish();
    }
    return reader.outcome;
  }

  async load(sql: string, file: Iterable<Buffer>): Promise<LoadResult> {
    // whatever file the server asks for, it gets this one
    const result = await this.#send({ sql, infileStreamFactory: () => Readable.from(file, { objectMode: false }) });
    // "Records: 3  Deleted: 0  Skipped: 1  Warnings: 1"; the words depend on the server's language
    const numbers = isHeader(result) ? [...result.info.matchAll(/\d+/g)].map(Number) : [];
    const [records = 0, , skipped = 0, warnings = 0] = numbers;
    return { records, skipped, warnings };
  }

  /** @param effect what the statement may change: our own reads nothing */
  #send(options: Statement, reader?: PacketReader, effect: 'none' | 'possible' = 'possible'): Promise<unknown> {
    const { values = [] } = options;
    // without values the driver would search all of the text for placeholders
    const sql = values.length === 0 ? options.sql : format(options.sql, [...values], false, 'Z');
    const { maxStatementBytes } = this.limits;
    // counting the bytes takes time, and a UTF-16 unit has at most three in UTF-8: shorter texts fit
    if (sql.length >= maxStatementBytes / 4) {
      assertFits(sql, maxStatementBytes);
    }
    if (this.#rejectors.size === 0) {
      this.#watch?.listen(true);
    }
    return new Promise((resolve, reject) => {
      const lost = (error: Error): void => {
        if (effect === 'possible' && this.#thread !== undefined) {
          this.#session.lostStatements.add(this.#thread);
        }
        reject(error);
      };
      this.#rejectors.add(lost);
      const answered = (error: QueryError | null, result: unknown): void => {
        this.#rejectors.delete(lost);
        const status = isHeader(result) ? result.serverStatus : reader?.status;
        // a failure has no status: the transaction is as it was
        if (status !== undefined) {
          this.inTransaction = (status & IN_TRANSACTION) !== 0;
        }
        if (error) {
          const ended = this.#closeIfUseless(error);
          (ended ? reject : lost)(error);
        } else if (reader?.failure !== undefined) {
          reject(reader.failure);
        } else if (reader?.missedRows(result) === true) {
          reject(rowsMissed());
        } else {
          resolve(result);
        }
      };
      sendText(this.#raw, { timeout: this.#timeoutMs, ...options, sql, values: undefined }, answered, reader);
    });
  }

  checkDriver(timeoutMs: number): Promise<void> {
    return this.#inTime(timeoutMs, () => checkDriver(this.#raw, (options, reader) => this.#send(options, reader)));
  }

  async check(): Promise<boolean> {
    try {
      await this.#inTime(CHECK_TIMEOUT_MS, () => this.#command((answered) => this.#raw.ping(answered)));
      return this.usable;
    } catch {
      this.abort();
      return false;
    }
  }

  /** Source: MySQL "mysql_reset_connection()", MariaDB "COM_RESET_CONNECTION"; neither resets the role and the database. */
  async reset(): Promise<void> {
    try {
      await this.#inTime(CHECK_TIMEOUT_MS, async () => {
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
        throw this.usable ? initStatementFailed(`initStatements[${index}]: ${shownMessage(error)}`, error) : error;
      });
    }
    if (this.#database !== undefined && (used || initStatements.length > 0)) {
      await this.execute(`use ${escapeId(this.#database, true)}`, []);
    }
    if (this.#setting === undefined) {
      this.#setting = await setSession(this.#session.settings, (statement) => this.execute(statement, []));
    } else {
      await this.execute(this.#setting, []);
    }
    if (this.inTransaction) {
      throw initStatementFailed('initStatements leave a transaction open');
    }
  }

  /** Closes the connection if the work takes too long. */
  async #inTime(timeoutMs: number, work: () => Promise<void>): Promise<void> {
    const timer = setTimeout(() => this.abort(), timeoutMs);
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
    const modes = [isolationLevel === undefined ? [] : `isolation level ${isolationLevel}`, accessMode ?? []].flat();
    return modes.length === 0 ? ['begin'] : [`set transaction ${modes.join(', ')}`, 'begin'];
  }

  close(): Promise<void> {
    if (!this.usable) {
      this.abort();
      return Promise.resolve();
    }
    this.usable = false;
    this.#watch?.stop();
    // the server closes the socket; a silent one never does, and the open socket would keep the process alive
    return this.#inTime(CHECK_TIMEOUT_MS, () => {
      const closed = new Promise<void>((resolve) => internalsOf(this.#raw).stream.once('close', () => resolve()));
      this.#raw.end();
      return closed;
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
    internalsOf(this.#raw).stream.destroy();
    // the driver forgets the statements of a destroyed connection, so their callers would wait for ever
    for (const reject of this.#rejectors) {
      reject(error);
    }
    this.#rejectors.clear();
  }

  /**
   * Closes the connection if the error makes it useless.
   *
   * @returns whether the statement has ended: the error is the server's own answer. A proxy that loses the server
   *   answers in its place, while the server may still work on the statement
   */
  #closeIfUseless(error: QueryError & { sql?: string }): boolean {
    const { kind, repeat } = classifyError(withServerName(error, this.#session));
    const proxied = this.#thread !== undefined && this.#thread.id !== this.#raw.threadId;
    const ended = isServerError(error) && (repeat !== 'indeterminate' || (kind !== 'connection' && !proxied));
    // after these the connection is gone, or an answer may still arrive on it
    if (!ended || error.errno === PACKET_TOO_LARGE) {
      this.abort();
    }
    if (repeat !== 'never' && (kind === 'connection' || kind === 'read-only')) {
      // this server accepts no such statements any more; after a failover another one does
      this.usable = false;
    }
    // the driver attaches the whole statement with its values to the error, sometimes tens of megabytes
    if (error.sql !== undefined) {
      error.sql = redactStatement(error.sql, this.quoting);
    }
    return ended;
  }
}

function tooLate(): Error {
  return Object.assign(new Error('the server did not answer in time'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
}
