import { Readable } from 'node:stream';
import { type Connection, createConnection, type QueryOptions, type RowDataPacket } from 'mysql2/promise';
import type { Target } from '../contender.ts';
import { type CandleSet, candlesOf } from '../data/candles.ts';
import { type Digest, databaseTime } from '../data/digest.ts';
import { candleLine, LOAD_RAW, loadCandlesStatement, rawLine } from '../data/load-data.ts';
import { type RawSet, rawPointsOf } from '../data/raw-points.ts';
import { CANDLE_COLUMNS, RAW_COLUMNS } from '../data/table-rows.ts';

const LINES_PER_CHUNK = 2_000;
const DIGESTED_COLUMNS = CANDLE_COLUMNS.filter((column) => column !== 'updated_at');

/** The runner's own connection to a database: it makes the rows that a work starts with, and checks the result. */
export class BenchDatabase {
  readonly target: Target;
  readonly #connection: Connection;

  private constructor(target: Target, connection: Connection) {
    this.target = target;
    this.#connection = connection;
  }

  static async open(target: Target): Promise<BenchDatabase> {
    const { host, port, user, database } = target;
    const connection = await createConnection({ host, port, user, database, timezone: 'Z' });
    await connection.query("set time_zone = '+00:00'");
    return new BenchDatabase(target, connection);
  }

  async run(statement: string, values: unknown[] = []): Promise<void> {
    await this.#connection.query(statement, values);
  }

  async loadCandles(set: CandleSet, table = 'market_data'): Promise<void> {
    const updatedAt = databaseTime(new Date());
    await this.#load(
      loadCandlesStatement(false, table),
      linesOf(candlesOf(set), (row) => candleLine(row, updatedAt)),
    );
  }

  async loadRaw(set: RawSet): Promise<void> {
    await this.#load(LOAD_RAW, linesOf(rawPointsOf(set), rawLine));
  }

  async count(table: string): Promise<number> {
    const [[row]] = await this.#connection.query<RowDataPacket[]>(`select count(*) as rows_stored from ${table}`);
    return Number(row?.['rows_stored']);
  }

  digestCandles(): Promise<Digest> {
    return this.#digest('market_data', DIGESTED_COLUMNS);
  }

  digestRaw(): Promise<Digest> {
    return this.#digest('raw_trades', RAW_COLUMNS);
  }

  /** The earliest and the latest time at which a stored candle was written, by its writer's clock. */
  async writtenBetween(): Promise<readonly [Date, Date]> {
    const [[row]] = await this.#connection.query<RowDataPacket[]>(
      'select min(updated_at) as first, max(updated_at) as last from market_data',
    );
    return [row?.['first'] as Date, row?.['last'] as Date];
  }

  async close(): Promise<void> {
    await this.#connection.end();
  }

  async #digest(table: string, columns: readonly string[]): Promise<Digest> {
    const text = `concat_ws('|', ${columns.map((column) => `\`${column}\``).join(', ')})`;
    const [[row]] = await this.#connection.query<RowDataPacket[]>(
      `select count(*) as rows_stored, coalesce(sum(crc32(${text})), 0) as checksum from ${table}`,
    );
    return { rows: Number(row?.['rows_stored']), sum: Number(row?.['checksum']) };
  }

  async #load(sql: string, chunks: Generator<Buffer>): Promise<void> {
    const options: QueryOptions = { sql, infileStreamFactory: () => Readable.from(chunks) };
    await this.#connection.query(options);
  }
}

function* linesOf<Row>(rows: Iterable<Row>, lineOf: (row: Row) => string): Generator<Buffer> {
  let lines: string[] = [];
  for (const row of rows) {
    lines.push(lineOf(row));
    if (lines.length === LINES_PER_CHUNK) {
      yield Buffer.from(lines.join(''));
      lines = [];
    }
  }
  // an empty chunk would end the transfer twice
  if (lines.length > 0) {
    yield Buffer.from(lines.join(''));
  }
}
