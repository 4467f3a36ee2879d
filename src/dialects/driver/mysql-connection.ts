import { Readable } from 'node:stream';
import type { TransactionSettings } from 'kysely';
import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  format,
  type QueryError,
  type QueryOptions,
  type ResultSetHeader,
} from 'mysql2';
import { redactStatement } from '../../errors/redact.ts';
import { PacketFields, type RowPacket } from './packet-fields.ts';
import type { Fields, LoadResult, Parameter, PhysicalConnection, Row, StatementResult } from './physical-connection.ts';

/**
 * What a session must be set to for our promises to hold, whatever the server's defaults are: strict, so
 * that a value is refused and not cut; backslash escapes on, which the driver's quoting relies on; UTC.
 */
const SESSION = [
  "sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
  "time_zone = '+00:00'",
  'autocommit = 1',
].join(', ');

const PACKET_TOO_LARGE = 1153;
/** A new connection is had sooner than a sign of life from one that takes longer. */
const LONGEST_CHECK_MS = 2_000;

/** Opens a connection to MySQL or MariaDB and sets its session. */
export async function openMySqlConnection(
  options: ConnectionOptions,
  queryTimeoutMs: number,
): Promise<PhysicalConnection> {
  const raw = createConnection({
    ...options,
    charset: 'utf8mb4',
    timezone: 'Z',
    // decimals and dates stay text. Large integers need no such care, since no column holds any, and the
    // driver's option for them would turn those inside a bot's config into text
    dateStrings: true,
    // affected rows then tell an insert (1), a change (2) and no change (0) apart, for a single row too
    flags: [...(options.flags ?? []), '-FOUND_ROWS'],
    enableKeepAlive: true,
    // a statement without values is sent as it is; the driver would look through all of its text for marks
    queryFormat: (sql, values: Parameter[]) => (values.length === 0 ? sql : format(sql, values, false, 'Z')),
  });
  await new Promise<void>((resolve, reject) => {
    const failed = (error: Error): void => {
      raw.destroy();
      reject(error);
    };
    raw.once('error', failed);
    raw.connect((error) => {
      raw.off('error', failed);
      if (error) {
        failed(error);
      } else {
        resolve();
      }
    });
  });
  const connection = new MySqlConnection(raw, queryTimeoutMs);
  try {
    await connection.execute(`set session ${SESSION}`, []);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return connection;
}

class MySqlConnection implements PhysicalConnection {
  usable = true;
  readonly replaceable = true;
  readonly #raw: Connection;
  readonly #timeout: number;
  readonly #underWay = new Set<(error: Error) => void>();

  constructor(raw: Connection, queryTimeoutMs: number) {
    this.#raw = raw;
    this.#timeout = queryTimeoutMs;
    const lost = (): void => {
      this.usable = false;
    };
    // a server that ends an idle connection is noticed here, before anybody is handed it
    raw.on('error', lost);
    raw.on('end', lost);
  }

  async execute(sql: string, parameters: readonly Parameter[]): Promise<StatementResult> {
    return toStatementResult(await this.#query({ sql, values: [...parameters] }));
  }

  async read(sql: string, parameters: readonly Parameter[], onRow: (fields: Fields) => void): Promise<number> {
    const rows = new RowFeed(onRow);
    await this.#query({ sql, values: [...parameters] }, rows);
    return rows.count;
  }

  async load(sql: string, file: Iterable<Buffer>): Promise<LoadResult> {
    // whatever file the server asks for, it gets this one
    const result = await this.#query({ sql, infileStreamFactory: () => Readable.from(file, { objectMode: false }) });
    return toLoadResult(result);
  }

  #query(options: QueryOptions, rows?: RowFeed): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#underWay.add(reject);
      const limit = this.#timeout > 0 ? { timeout: this.#timeout } : {};
      // a connection that is closed answers before it has returned
      let command: (RowCommand & FileCommand) | undefined;
      const answered = (error: QueryError | null, result: unknown): void => {
        this.#underWay.delete(reject);
        if (error) {
          command?._unpipeStream();
          reject(this.#failed(error));
        } else if (rows?.failure !== undefined) {
          reject(rows.failure);
        } else {
          resolve(result);
        }
      };
      command = this.#raw.query({ ...options, ...limit }, answered) as unknown as RowCommand & FileCommand;
      rows?.take(command);
    });
  }

  async check(): Promise<boolean> {
    const late = setTimeout(() => this.abort(), LONGEST_CHECK_MS);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#underWay.add(reject);
        this.#raw.ping((error) => {
          this.#underWay.delete(reject);
          if (error) {
            reject(error);
          } else {
            resolve();
          }
        });
      });
      return this.usable;
    } catch {
      this.abort();
      return false;
    } finally {
      clearTimeout(late);
    }
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
    this.usable = false;
    this.#raw.destroy();
    // the driver forgets the statements of a connection that is destroyed: their callers would wait for ever
    for (const reject of this.#underWay) {
      reject(Object.assign(new Error('the connection was closed'), { code: 'PROTOCOL_CONNECTION_LOST', fatal: true }));
    }
    this.#underWay.clear();
  }

  #failed(error: QueryError & { sql?: string }): Error {
    // after these the connection is gone, or an answer may still be under way on it
    if (error.fatal || error.code === 'PROTOCOL_SEQUENCE_TIMEOUT' || error.errno === PACKET_TOO_LARGE) {
      this.abort();
    }
    // the driver hangs the whole statement with its values on the error, tens of megabytes at times
    if (error.sql !== undefined) {
      error.sql = redactStatement(error.sql);
    }
    return error;
  }
}

/** The part of the driver's command that takes a file's listeners off the socket; where it fails it forgets to. */
interface FileCommand {
  _unpipeStream(): void;
}

/** The part of the driver's command that is called with each packet of a row, and returns what takes the next. */
interface RowCommand {
  row(packet: RowPacket, connection: unknown): unknown;
}

/**
 * Takes a statement's rows as the packets they came in. The driver itself would make an object of each
 * row, of which another would be made at once; that is most of what reading costs here.
 */
class RowFeed {
  count = 0;
  failure: Error | undefined;
  readonly #fields = new PacketFields();
  readonly #onRow: (fields: Fields) => void;

  constructor(onRow: (fields: Fields) => void) {
    this.#onRow = onRow;
  }

  take(command: RowCommand): void {
    const end = command.row;
    command.row = (packet, connection) => {
      if (packet.isEOF()) {
        return end.call(command, packet, connection);
      }
      this.#read(packet);
      return command.row;
    };
  }

  /** After a row that cannot be read the rest is skipped: it is under way already. */
  #read(packet: RowPacket): void {
    if (this.failure === undefined) {
      try {
        this.#fields.open(packet);
        this.#onRow(this.#fields);
        this.count += 1;
      } catch (error) {
        this.failure = error as Error;
      }
    }
  }
}

function toStatementResult(result: unknown): StatementResult {
  if (isHeader(result)) {
    return { rows: [], affected: result.affectedRows, insertId: result.insertId, updated: duplicatesOf(result.info) };
  }
  return { rows: Array.isArray(result) ? (result as Row[]) : [], affected: 0 };
}

function isHeader(result: unknown): result is ResultSetHeader {
  return typeof result === 'object' && result !== null && 'affectedRows' in result;
}

/** The numbers of "Records: 3  Deleted: 0  Skipped: 1  Warnings: 1"; the words depend on the server's language. */
function toLoadResult(result: unknown): LoadResult {
  const numbers = isHeader(result) ? [...result.info.matchAll(/\d+/g)].map(Number) : [];
  const [records = 0, , skipped = 0, warnings = 0] = numbers;
  return { records, skipped, warnings };
}

/** The second number of "Records: 3  Duplicates: 1  Warnings: 0"; the words depend on the server's language. */
function duplicatesOf(info: string | undefined): number | undefined {
  const duplicates = /\d+\D+(\d+)/.exec(info ?? '')?.[1];
  return duplicates === undefined ? undefined : Number(duplicates);
}
