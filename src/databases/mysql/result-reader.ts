import { serverInstantMs } from '../../time/instant.ts';
import type { QueryOutcome, RowFlow, RowSink, SqlValue } from '../row-sink.ts';
import { type ColumnDefinition, type OkHeader, PacketReader, type RowPacket, readBytes, readText } from './mysql2.ts';

/** The connection on which a stream of rows arrives. */
export interface StreamLine {
  /** The first result has begun. */
  begun(): void;
  pause(): void;
  resume(): void;
  abort(): void;
}

/** Source: MySQL source, include/mysql_com.h, SERVER_STATUS_IN_TRANS and SERVER_STATUS_NO_BACKSLASH_ESCAPES. */
export const IN_TRANSACTION = 1;
const NO_BACKSLASH_ESCAPES = 512;

/**
 * Reads all results of a caller's statement. The driver would make an object of each row, in which one of two columns
 * of the same name is lost, and its options for numbers apply to all statements of a connection.
 */
export class ResultReader extends PacketReader {
  readonly outcome = {
    rows: 0,
    affected: 0,
    insertId: null,
    warnings: 0,
    inTransaction: false,
    quotingIntact: true,
  } as {
    -readonly [Key in keyof QueryOutcome]: QueryOutcome[Key];
  };
  readonly #sink: RowSink;
  readonly #line: StreamLine | undefined;
  #readers: ReadValue[] = [];
  #cancelled = false;
  #finished = false;
  #cancelTimer: NodeJS.Timeout | undefined;

  /** @param line given if the sink controls the flow */
  constructor(sink: RowSink, line?: StreamLine) {
    super();
    this.#sink = sink;
    this.#line = line;
    if (line !== undefined) {
      sink.flow?.(this.#flowOf(line));
    }
  }

  /** The statement has ended: the connection may belong to another caller from now on. */
  finish(): void {
    this.#finished = true;
    clearTimeout(this.#cancelTimer);
  }

  #flowOf(line: StreamLine): RowFlow {
    return {
      resume: () => line.resume(),
      cancel: (timeoutMs) => {
        this.#cancelled = true;
        if (this.#finished) {
          return;
        }
        if (timeoutMs !== undefined) {
          this.#cancelTimer = setTimeout(() => line.abort(), timeoutMs);
        }
        line.resume();
      },
    };
  }

  protected override onColumns(columns: readonly ColumnDefinition[]): void {
    this.#line?.begun();
    this.#readers = columns.map(readerOf);
    this.#sink.columns(columns.map(({ name }) => ({ name })));
  }

  protected override onRow(packet: RowPacket): void {
    if (this.#cancelled) {
      return;
    }
    this.outcome.rows += 1;
    if (!this.#sink.row(this.#readers.map((read) => read(packet)))) {
      this.#line?.pause();
    }
  }

  protected override onHeader({ affectedRows, insertId, serverStatus, warningStatus }: OkHeader): void {
    const id = wholeNumber(String(insertId));
    this.outcome.affected = affectedRows;
    this.outcome.insertId = id === 0 ? null : id;
    this.onEnd(serverStatus, warningStatus);
  }

  protected override onEnd(status: number, warnings: number): void {
    this.outcome.warnings = warnings;
    this.outcome.inTransaction = (status & IN_TRANSACTION) !== 0;
    this.outcome.quotingIntact = (status & NO_BACKSLASH_ESCAPES) === 0;
  }
}

/** Reads the next value of a row. */
type ReadValue = (packet: RowPacket) => SqlValue;

/** Source: MySQL source, include/field_types.h, enum_field_types. */
const TYPES = {
  decimal: 0,
  tiny: 1,
  short: 2,
  long: 3,
  float: 4,
  double: 5,
  null: 6,
  timestamp: 7,
  longLong: 8,
  int24: 9,
  date: 10,
  time: 11,
  datetime: 12,
  year: 13,
  json: 245,
  newDecimal: 246,
} as const;

const BINARY = 63;

const text: ReadValue = (packet) => readText(packet, 'latin1');
const double: ReadValue = (packet) => mapped(text(packet) as string | null, Number);
const integer: ReadValue = (packet) => mapped(text(packet) as string | null, wholeNumber);
const decimal: ReadValue = (packet) => mapped(text(packet) as string | null, withoutZeros);
const instant: ReadValue = (packet) => mapped(text(packet) as string | null, instantOf);
const json: ReadValue = (packet) => readText(packet, 'utf8');
const bytes: ReadValue = (packet) => mapped(readBytes(packet), (value) => Buffer.from(value));

const READERS = new Map<number, ReadValue>([
  [TYPES.decimal, decimal],
  [TYPES.newDecimal, decimal],
  [TYPES.tiny, integer],
  [TYPES.short, integer],
  [TYPES.long, integer],
  [TYPES.int24, integer],
  [TYPES.longLong, integer],
  [TYPES.year, integer],
  [TYPES.float, double],
  [TYPES.double, double],
  [TYPES.null, text],
  [TYPES.timestamp, instant],
  [TYPES.datetime, instant],
  [TYPES.date, text],
  [TYPES.time, text],
  [TYPES.json, json],
]);

/** The function that reads the values of a column exactly as the server stores them. */
function readerOf({ columnType, characterSet, encoding, extendedFormat }: ColumnDefinition): ReadValue {
  const known = extendedFormat === 'json' ? json : READERS.get(columnType);
  if (known !== undefined) {
    return known;
  }
  return characterSet === BINARY ? bytes : (packet) => readText(packet, encoding);
}

function mapped<T, R>(value: T | null, map: (value: T) => R): R | null {
  return value === null ? null : map(value);
}

/** A whole number as a `number` if that is exact, else as a `bigint`. */
export function wholeNumber(digits: string): number | bigint {
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}

/** Servers write all digits of a decimal's scale, also zeros. */
function withoutZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}

/** "YYYY-MM-DD hh:mm:ss.fff", in UTC without saying so. A value that no `Date` can represent stays text. */
function instantOf(stored: string): Date | string {
  const hasMicroseconds = stored.length > '0000-00-00 00:00:00.000'.length;
  const ms = serverInstantMs(stored);
  return hasMicroseconds || ms === undefined ? stored : new Date(ms);
}
