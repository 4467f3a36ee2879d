import { createRequire } from 'node:module';
import { Connection, type QueryOptions } from 'mysql2';
import {
  type ColumnDefinition,
  commandOf,
  internalsOf,
  isHeader,
  type OkHeader,
  type RowPacket,
  TappedRows,
} from './mysql2.ts';

/** The version that `mysql2.ts` was written for and is tested with. */
export const MYSQL2_VERSION = '3.24.4';

/** A row of a decimal, of text that is no ASCII, of nothing and of bytes. */
const PROBE = "select 1.50 as price, 'ö' as word, null as nothing, x'00ff' as bytes";
/** The same as it lies in its packet: each field is its length and then its text, 251 stands for NULL. */
const ROW = Buffer.from([4, 0x31, 0x2e, 0x35, 0x30, 2, 0xc3, 0xb6, 251, 2, 0x00, 0xff]);
const CHANGES_NOTHING = 'do 0';

/** Sends a statement by the way of all others, and resolves with what the driver makes of it. */
type Send = (options: QueryOptions, tap: TappedRows) => Promise<unknown>;

/**
 * Looks whether each member of mysql2 that `mysql2.ts` relies on is there and does what it does in the version that
 * this is written for. Were one not, every read might find no rows.
 *
 * @throws Error that names the member
 */
export async function checkDriver(connection: Connection, send: Send): Promise<void> {
  assertThere(connection);
  const checked: Send = (options, tap) => send(options, tap).catch(rethrow);
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
  const command = commandOf(connection, { sql: CHANGES_NOTHING }, () => undefined);
  for (const member of ['row', 'on', '_unpipeStream'] as const) {
    assert(typeof command[member] === 'function', `command.${member}`);
  }
}

async function assertRows(send: Send): Promise<void> {
  const rows: string[] = [];
  let columns: readonly ColumnDefinition[] = [];
  let status: unknown;
  let warnings: unknown;
  const tap = new TappedRows({
    columns: (given) => {
      columns = given;
    },
    row: (packet) => rows.push(faultOf(packet) ?? ''),
    ended: (...given) => {
      [status, warnings] = given;
    },
  });
  const result = await send({ sql: PROBE, disableEval: true } as QueryOptions, tap);
  assert(rows.length === 1, 'command.row');
  assert(rows[0] === '', rows[0] ?? '');
  assert(typeof status === 'number', 'packet.eofStatusFlags');
  assert(warnings === 0, 'packet.eofWarningCount');
  assert(columns.map(({ name }) => name).join() === 'price,word,nothing,bytes', "command.on('fields')");
  assert(!tap.missed(result), 'command.row');
  const [price, word, , bytes] = columns as [ColumnDefinition, ColumnDefinition, ColumnDefinition, ColumnDefinition];
  assert(price.columnType === 246, 'column.columnType');
  assert(word.encoding === 'utf8', 'column.encoding');
  assert(bytes.characterSet === 63, 'column.characterSet');
}

/** The member by which a packet differs from what it should be. */
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
  let header: OkHeader | undefined;
  const tap = new TappedRows({
    row: () => undefined,
    done: (given) => {
      header = given;
    },
  });
  const result = await send({ sql: CHANGES_NOTHING }, tap);
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

/** What is missing is called nonetheless where it is told of an answer. */
function rethrow(error: unknown): never {
  throw error instanceof TypeError ? driverChanged(/^\S+(?= is not)/.exec(error.message)?.[0] ?? error.message) : error;
}

/** A member of the driver is not what is relied on. */
function driverChanged(member: string): Error {
  return changed(`${member} of mysql2 ${installedVersion()} is not what it is in ${MYSQL2_VERSION}`);
}

/** TLS was asked for, and the driver has connected without asking us for it. */
export function tlsSkipped(): Error {
  return driverChanged('connection.startTLS');
}

/** Rows went past us: what was read is not all that there is. */
export function rowsMissed(): Error {
  return changed(`mysql2 ${installedVersion()} kept rows to itself, which ${MYSQL2_VERSION} hands over`);
}

function changed(message: string): Error {
  return Object.assign(new Error(message), { code: 'DRIVER_CHANGED' });
}

function installedVersion(): string {
  const { version } = createRequire(import.meta.url)('mysql2/package.json') as { readonly version: string };
  return version;
}
