import { createRequire } from 'node:module';
import { Connection } from 'mysql2';
import {
  type ColumnDefinition,
  type Command,
  internalsOf,
  isHeader,
  type OkHeader,
  PacketReader,
  type RowPacket,
} from './mysql2.ts';

/** The version that `mysql2.ts` is written for and tested with. */
export const MYSQL2_VERSION = '3.24.4';

/** A row of a decimal, a text that is not ASCII, NULL and bytes. */
const PROBE = "select 1.50 as price, 'ö' as word, null as nothing, x'00ff' as bytes";
/** The same row in its packet: each field is its length and its text; 251 stands for NULL. */
const ROW = Buffer.from([4, 0x31, 0x2e, 0x35, 0x30, 2, 0xc3, 0xb6, 251, 2, 0x00, 0xff]);
const CHANGES_NOTHING = 'do 0';

/** Sends a statement in the usual way and resolves with the driver's result. */
type Send = (options: { readonly sql: string; readonly disableEval?: true }, reader: PacketReader) => Promise<unknown>;

/**
 * Checks that each member of mysql2 that `mysql2.ts` relies on exists and behaves as in the pinned version. Otherwise
 * every read might silently return no rows.
 *
 * @throws Error that names the member
 */
export async function checkDriver(connection: Connection, send: Send): Promise<void> {
  assertThere(connection);
  const checked: Send = (options, reader) => send(options, reader).catch(rethrow);
  await assertRows(checked);
  await assertHeader(checked);
}

function assertThere(connection: Connection): void {
  const internals = internalsOf(connection);
  const there: Readonly<Record<string, boolean>> = {
    'Connection.createQuery': typeof Connection.createQuery === 'function',
    'connection.addCommand': typeof internals.addCommand === 'function',
    'connection.startTLS': typeof internals.startTLS === 'function',
    'connection._handleNetworkError': typeof internals._handleNetworkError === 'function',
    'connection.packetParser.execute': typeof internals.packetParser?.execute === 'function',
    'connection.stream': typeof internals.stream?.bytesRead === 'number',
    'connection.threadId': typeof connection.threadId === 'number',
    'connection.config.compress': 'compress' in connection.config,
    'connection.config.charsetNumber':
      typeof (connection.config as { readonly charsetNumber?: number }).charsetNumber === 'number',
  };
  for (const [member, found] of Object.entries(there)) {
    assert(found, member);
  }
}

/** Records what it is given. */
class ProbeReader extends PacketReader {
  /** For each row the member that differs, or nothing. */
  readonly rows: string[] = [];
  columns: readonly ColumnDefinition[] = [];
  warnings: unknown;

  override attachTo(command: Command): void {
    for (const member of ['row', 'on', '_unpipeStream'] as const) {
      assert(typeof command[member] === 'function', `command.${member}`);
    }
    super.attachTo(command);
  }

  protected override onColumns(columns: readonly ColumnDefinition[]): void {
    this.columns = columns;
  }

  protected override onRow(packet: RowPacket): void {
    this.rows.push(faultOf(packet) ?? '');
  }

  protected override onEnd(_status: number, warnings: unknown): void {
    this.warnings = warnings;
  }
}

class HeaderReader extends PacketReader {
  header: OkHeader | undefined;

  protected override onRow(): void {}

  protected override onHeader(header: OkHeader): void {
    this.header = header;
  }
}

async function assertRows(send: Send): Promise<void> {
  const reader = new ProbeReader();
  const result = await send({ sql: PROBE, disableEval: true }, reader);
  const { rows, columns, warnings } = reader;
  assert(rows.length === 1, 'command.row');
  assert(rows[0] === '', rows[0] ?? '');
  assert(typeof reader.status === 'number', 'packet.eofStatusFlags');
  assert(warnings === 0, 'packet.eofWarningCount');
  assert(columns.map(({ name }) => name).join() === 'price,word,nothing,bytes', "command.on('fields')");
  assert(!reader.missedRows(result), 'command.row');
  const [price, word, , bytes] = columns as [ColumnDefinition, ColumnDefinition, ColumnDefinition, ColumnDefinition];
  assert(price.columnType === 246, 'column.columnType');
  assert(word.encoding === 'utf8', 'column.encoding');
  assert(bytes.characterSet === 63, 'column.characterSet');
}

/** The member that makes a packet differ from what it should be. */
function faultOf(packet: RowPacket): string | undefined {
  if (!Buffer.isBuffer(packet.buffer)) {
    return 'packet.buffer';
  }
  if (!packet.buffer.subarray(packet.offset, packet.offset + ROW.length).equals(ROW)) {
    return 'packet.offset';
  }
  if (
    typeof packet.readLengthCodedString !== 'function' ||
    packet.readLengthCodedString('latin1') !== '1.50' ||
    packet.readLengthCodedString('utf8') !== 'ö' ||
    packet.readLengthCodedString('utf8') !== null
  ) {
    return 'packet.readLengthCodedString';
  }
  if (
    typeof packet.readLengthCodedBuffer !== 'function' ||
    packet.readLengthCodedBuffer()?.toString('hex') !== '00ff'
  ) {
    return 'packet.readLengthCodedBuffer';
  }
  return undefined;
}

async function assertHeader(send: Send): Promise<void> {
  const reader = new HeaderReader();
  const result = await send({ sql: CHANGES_NOTHING }, reader);
  const { header } = reader;
  assert(header !== undefined, "command.on('result')");
  for (const member of ['affectedRows', 'insertId', 'serverStatus', 'warningStatus'] as const) {
    assert(typeof header?.[member] === 'number', `header.${member}`);
  }
  assert(isHeader(result) && typeof result.info === 'string', 'header.info');
}

function assert(holds: boolean, member: string): void {
  if (!holds) {
    throw driverChanged(member);
  }
}

/** A missing member may only be noticed when it is called, while an answer is processed. */
function rethrow(error: unknown): never {
  throw error instanceof TypeError ? driverChanged(/^\S+(?= is not)/.exec(error.message)?.[0] ?? error.message) : error;
}

/** A member of the driver is not what `mysql2.ts` relies on. */
function driverChanged(member: string): Error {
  return changed(`${member} of mysql2 ${installedVersion()} is not what it is in ${MYSQL2_VERSION}`);
}

/** TLS was requested, but the driver connected without calling our `startTLS`. */
export function tlsSkipped(): Error {
  return driverChanged('connection.startTLS');
}

/** Rows bypassed our reader: the result is incomplete. */
export function rowsMissed(): Error {
  return changed(`mysql2 ${installedVersion()} kept rows back, which ${MYSQL2_VERSION} does not`);
}

function changed(message: string): Error {
  return Object.assign(new Error(message), { code: 'DRIVER_CHANGED' });
}

function installedVersion(): string {
  const { version } = createRequire(import.meta.url)('mysql2/package.json') as { readonly version: string };
  return version;
}
