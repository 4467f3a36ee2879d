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
import { toLoadResult, toStatementResult } from './mysql-results.ts';
import { type Command, forgetFile, isHeader, lineOf, sendText, type TappedRows } from './mysql2.ts';
import { IN_TRANSACTION, ResultReader } from './result-reader.ts';
import { RowDecoder } from './row-decoder.ts';
import { isServerError } from './server-error.ts';
import { named, type ServerSession, SessionSetter } from './server-session.ts';
import { serverStatements } from './server-statements.ts';
import { INTRODUCTION, readIntroduction, type ServerThread } from './server-thread.ts';
import { SilenceWatch } from './silence-watch.ts';

const PACKET_TOO_LARGE = 1153;
/** A new connection is had sooner than a sign of life from one that takes longer, or than its reset. */
const LONGEST_CHECK_MS = 2_000;

/** A connection to MySQL or MariaDB. Its session is set by `begin()`, and again when it is reset. */
export class MySqlConnection implements PhysicalConnection {
  usable = true;
  inTransaction = false;
  readonly replaceable = true;
  readonly quoting = serverStatements.rules;
  readonly #raw: Connection;
  readonly #timeout: number;
  readonly #database: string | undefined;
  readonly #session: ServerSession;
  readonly #setter: SessionSetter;
  readonly #underWay = new Set<(error: Error) => void>();
  /** Itself as the server knows it, once that was asked. */
  #thread: ServerThread | undefined;
  #limits: ServerLimits | undefined;
  #watch: SilenceWatch | undefined;

  constructor(raw: Connection, queryTimeoutMs: number, database: string | undefined, session: ServerSession) {
    this.#raw = raw;
    this.#timeout = queryTimeoutMs;
    this.#database = database;
    this.#session = session;
    this.#setter = new SessionSetter(session.settings);
    const lost = (): void => {
      this.usable = false;
    };
    // a server that ends an idle connection is noticed here, before anybody is handed it
    raw.on('error', lost);
    raw.on('end', lost);
  }

  get limits(): ServerLimits {
    return this.#limits as ServerLimits;
  }

  get silent(): boolean {
    return this.#watch?.silent === true;
  }

  /** Sets its session and learns what it is to the server. Until then nothing of anybody's was sent on it. */
  async begin(limitMs: number | undefined): Promise<void> {
    const late = limitMs === undefined ? undefined : setTimeout(() => this.abort(), limitMs);
    try {
      await this.setSession();
      const { rows } = await this.execute(INTRODUCTION, []);
      const { thread, limits } = readIntroduction(rows[0]);
      this.#limits = limits;
      this.#thread = thread;
      this.#watch = this.#watchFor(thread);
    } finally {
      clearTimeout(late);
    }
  }

  async execute(sql: string, parameters: readonly Parameter[]): Promise<StatementResult> {
    return toStatementResult(await this.#query({ sql: textOf(sql, parameters) }));
  }

  async read(sql: string, parameters: readonly Parameter[], onRow: (fields: Fields) => void): Promise<number> {
    const rows = new RowDecoder(onRow);
    await this.#query({ sql: textOf(sql, parameters) }, rows, 'none');
    return rows.count;
  }

  async query(sql: string, _parameters: readonly Parameter[], sink: RowSink): Promise<QueryOutcome> {
    // whoever takes rows at a pace of his own has a time limit for the first of them alone
    const slow = sink.flow !== undefined;
    const late = slow && this.#timeout > 0 ? setTimeout(() => this.#lose(tooLate()), this.#timeout) : undefined;
    const feed = new ResultReader(sink, {
      begun: () => clearTimeout(late),
      pause: () => this.#raw.pause(),
      resume: () => this.#raw.resume(),
      abort: () => this.abort(),
    });
    try {
      const limit = slow ? { timeout: 0 } : {};
      // the driver would compile code for the columns of each new statement, and ends the connection over a
      // column called __proto__
      const options: QueryOptions & { readonly disableEval: true } = { sql, disableEval: true, ...limit };
      await this.#query(options, feed);
    } finally {
      clearTimeout(late);
      feed.done();
    }
    return feed.answer;
  }

  async load(sql: string, file: Iterable<Buffer>): Promise<LoadResult> {
    // whatever file the server asks for, it gets this one
    const result = await this.#query({ sql, infileStreamFactory: () => Readable.from(file, { objectMode: false }) });
    return toLoadResult(result);
  }

  /** @param effect what may come of it: of our own reads nothing, of anything else a change */
  #query(options: QueryOptions, rows?: Feed, effect: 'none' | 'possible' = 'possible'): Promise<unknown> {
    this.#watch?.begin();
    return new Promise((resolve, reject) => {
      const lost = (error: Error): void => {
        if (effect === 'possible' && this.#thread !== undefined) {
          this.#session.unsettled.add(this.#thread);
        }
        reject(error);
      };
      this.#underWay.add(lost);
      const limit = this.#timeout > 0 ? { timeout: this.#timeout } : {};
      // a connection that is closed answers before it has returned
      let command: Command | undefined;
      const answered = (error: QueryError | null, result: unknown): void => {
        this.#underWay.delete(lost);
        this.#watch?.end();
        this.#heard(isHeader(result) ? result.serverStatus : rows?.tap.status);
        if (error) {
          forgetFile(command);
          const failed = this.#isOutcome(error) ? reject : lost;
          failed(this.#failed(error));
        } else if (rows?.failure !== undefined) {
          reject(rows.failure);
        } else if (rows?.tap.missed(result) === true) {
          reject(rowsMissed());
        } else {
          resolve(result);
        }
      };
      command = sendText(this.#raw, { ...limit, ...options }, answered, rows?.tap);
    });
  }

  /** A failure has no status: the transaction is what it was. */
  #heard(status: number | undefined): void {
    if (status !== undefined) {
      this.inTransaction = (status & IN_TRANSACTION) !== 0;
    }
  }

  checkDriver(): Promise<void> {
    return checkDriver(this.#raw, (options, tap) => this.#query(options, { tap }));
  }

  async check(): Promise<boolean> {
    try {
      await this.#briefly(() => this.#told((answered) => this.#raw.ping(answered)));
      return this.usable;
    } catch {
      this.abort();
      return false;
    }
  }

  /** Source: MySQL "mysql_reset_connection()", MariaDB "COM_RESET_CONNECTION"; neither goes back to the role and the database. */
  async reset(): Promise<void> {
    try {
      await this.#briefly(async () => {
        const { rows } = await this.execute('select current_role() <=> @tradestore_role as same', []);
        if (rows[0]?.['same'] !== 1) {
          throw new Error('another role was taken');
        }
        await this.#told((answered) => this.#raw.reset(answered));
        await this.setSession(true);
      });
    } catch (error) {
      this.abort();
      throw error;
    }
  }

  /**
   * Sets what a session must be set to, whatever the server's defaults and the user's own statements are.
   *
   * @param used whether somebody had the connection, and may have gone to another database
   */
  async setSession(used = false): Promise<void> {
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

  /** Ends the connection where it takes its time. */
  async #briefly(work: () => Promise<void>): Promise<void> {
    const late = setTimeout(() => this.abort(), LONGEST_CHECK_MS);
    try {
      await work();
    } finally {
      clearTimeout(late);
    }
  }

  /** Waits for what the driver calls back about. */
  #told(ask: (answered: (error: QueryError | null) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#underWay.add(reject);
      ask((error) => {
        this.#underWay.delete(reject);
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
    // the driver only says that it has no more to say, and a server that is busy would keep the process alive
    lineOf(this.#raw).destroy();
    // the driver forgets the statements of a connection that is destroyed: their callers would wait for ever
    for (const reject of this.#underWay) {
      reject(error);
    }
    this.#underWay.clear();
  }

  #watchFor(thread: ServerThread): SilenceWatch {
    const raw = this.#raw;
    const { processes, silence } = this.#session;
    return new SilenceWatch(
      {
        // who does not listen cannot say that it is silent
        listens: () => !lineOf(raw).isPaused(),
        bytesRead: () => lineOf(raw).bytesRead,
        bytesWritten: () => lineOf(raw).bytesWritten - lineOf(raw).writableLength,
        whereabouts: () => processes.whereabouts(thread),
        endAtServer: async () => {
          const [ending] = await processes.end([thread]).catch(() => []);
          return ending === 'over' || ending === 'killed';
        },
        lose: (error) => this.#lose(error),
      },
      silence,
    );
  }

  /**
   * Whether the error is the server's own answer to the statement, which is over then. A proxy that loses the server
   * answers in its place, while the server may still work on the statement.
   */
  #isOutcome(error: QueryError): boolean {
    const { kind, repeat } = classifyError(named(error, this.#session));
    const proxied = this.#thread !== undefined && this.#thread.id !== this.#raw.threadId;
    return isServerError(error) && (repeat !== 'indeterminate' || (kind !== 'connection' && !proxied));
  }

  #failed(error: QueryError & { sql?: string }): Error {
    // after these the connection is gone, or an answer may still be under way on it
    if (!this.#isOutcome(error) || error.errno === PACKET_TOO_LARGE) {
      this.abort();
    }
    const { kind, repeat } = classifyError(named(error, this.#session));
    if (repeat !== 'never' && (kind === 'connection' || kind === 'read-only')) {
      // the server has nothing against the statement but wants no more of it: after a failover another one does
      this.usable = false;
    }
    // the driver hangs the whole statement with its values on the error, tens of megabytes at times
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

/** What takes the rows of a statement, and may fail over one. */
interface Feed {
  readonly tap: TappedRows;
  readonly failure?: Error | undefined;
}

/** A statement without values is sent as it is; the driver would look through all of its text for marks. */
function textOf(sql: string, parameters: readonly Parameter[]): string {
  return parameters.length === 0 ? sql : format(sql, [...parameters], false, 'Z');
}

function tooLate(): Error {
  return Object.assign(new Error('no answer came in time'), { code: 'PROTOCOL_SEQUENCE_TIMEOUT' });
}
