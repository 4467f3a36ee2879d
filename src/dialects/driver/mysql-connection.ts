import type { TransactionSettings } from 'kysely';
import {
  type Connection,
  type ConnectionOptions,
  createConnection,
  type QueryError,
  type ResultSetHeader,
} from 'mysql2';
import { redactStatement } from '../../errors/redact.ts';
import type { Parameter, PhysicalConnection, Row, StatementResult } from './physical-connection.ts';

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
    flags: ['-FOUND_ROWS'],
    enableKeepAlive: true,
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

  execute(sql: string, parameters: readonly Parameter[]): Promise<StatementResult> {
    return new Promise((resolve, reject) => {
      const options = { sql, values: [...parameters], ...(this.#timeout > 0 ? { timeout: this.#timeout } : {}) };
      this.#underWay.add(reject);
      this.#raw.query(options, (error: QueryError | null, result: unknown) => {
        this.#underWay.delete(reject);
        if (error) {
          reject(this.#failed(error));
        } else {
          resolve(toStatementResult(result));
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

function toStatementResult(result: unknown): StatementResult {
  if (isHeader(result)) {
    return { rows: [], affected: result.affectedRows, insertId: result.insertId, updated: duplicatesOf(result.info) };
  }
  return { rows: Array.isArray(result) ? (result as Row[]) : [], affected: 0 };
}

function isHeader(result: unknown): result is ResultSetHeader {
  return typeof result === 'object' && result !== null && 'affectedRows' in result;
}

/** The second number of "Records: 3  Duplicates: 1  Warnings: 0"; the words depend on the server's language. */
function duplicatesOf(info: string | undefined): number | undefined {
  const duplicates = /\d+\D+(\d+)/.exec(info ?? '')?.[1];
  return duplicates === undefined ? undefined : Number(duplicates);
}
