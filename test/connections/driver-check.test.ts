import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { MYSQL2_VERSION } from '../../src/databases/mysql/driver-check.ts';
import { DatabaseOperations } from '../../src/index.ts';
import { failureOf } from '../support/failure.ts';
import { type FreshDatabase, freshDatabase } from '../support/fresh-database.ts';
import { onEveryServer } from '../support/on-every-server.ts';
import { ALWAYS, candle, SERIES } from '../support/samples.ts';

/** Anything whose members can be taken away. */
type Open = Record<string, unknown>;

/** What puts back what was replaced. */
const replaced: (() => void)[] = [];

function put(object: object, member: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(object, member);
  replaced.push(() => {
    if (before === undefined) {
      Reflect.deleteProperty(object, member);
    } else {
      Object.defineProperty(object, member, before);
    }
  });
  Object.defineProperty(object, member, { value, configurable: true, writable: true });
}

function restore(): void {
  for (const undo of replaced.splice(0).reverse()) {
    undo();
  }
}

// the library loads the driver when it connects, from the registry of modules that a test below resets
let { Connection } = await import('mysql2');
let { checkDriver } = await import('../../src/databases/mysql/driver-check.ts');
let { internalsOf, sendText } = await import('../../src/databases/mysql/mysql2.ts');
let { connectToServer } = await import('../../src/databases/mysql/open-mysql-connection.ts');

async function loadDriver(): Promise<void> {
  ({ Connection } = await import('mysql2'));
  ({ checkDriver } = await import('../../src/databases/mysql/driver-check.ts'));
  ({ internalsOf, sendText } = await import('../../src/databases/mysql/mysql2.ts'));
  ({ connectToServer } = await import('../../src/databases/mysql/open-mysql-connection.ts'));
}

/** Has each command changed before it is sent. */
function eachCommand(change: (command: Open) => void): void {
  const createQuery = Connection.createQuery as (...given: unknown[]) => unknown;
  put(Connection, 'createQuery', (...given: unknown[]) => {
    const command = createQuery.apply(Connection, given);
    change(command as Open);
    return command;
  });
}

/** Changes an event of each command, or leaves it out. */
function eachEvent(event: string, change: (given: unknown) => unknown): void {
  eachCommand((command) => {
    const emit = command['emit'] as (...given: unknown[]) => boolean;
    command['emit'] = (name: string, given: unknown) => {
      const changed = name === event && given !== undefined ? change(given) : given;
      return name === event && changed === undefined && given !== undefined ? true : emit.call(command, name, changed);
    };
  });
}

const without =
  (member: string) =>
  (given: unknown): unknown =>
    Array.isArray(given) ? given.map(without(member)) : { ...copyOf(given as object), [member]: undefined };

function copyOf(given: object): object {
  const names = ['name', 'columnType', 'characterSet', 'encoding'];
  return { ...given, ...Object.fromEntries(names.map((name) => [name, (given as Open)[name]])) };
}

/** The members that are relied on, and how each is broken. */
const MEMBERS: readonly (readonly [string, (raw: Open) => void])[] = [
  ['connection.addCommand', (raw) => put(raw, 'addCommand', undefined)],
  ['connection.startTLS', (raw) => put(raw, 'startTLS', undefined)],
  ['connection._handleNetworkError', (raw) => put(raw, '_handleNetworkError', undefined)],
  ['connection.packetParser.execute', (raw) => put(raw, 'packetParser', {})],
  ['connection.stream', (raw) => put(raw, 'stream', undefined)],
  ['connection.threadId', (raw) => put(raw, 'threadId', undefined)],
  ['connection.config.compress', (raw) => delete (raw['config'] as Open)['compress']],
  ['connection.config.charsetNumber', (raw) => delete (raw['config'] as Open)['charsetNumber']],
  ['Connection.createQuery', () => put(Connection, 'createQuery', undefined)],
  ['command.row', () => eachCommand((command) => put(command, 'row', undefined))],
  // the command is not asked for what takes a row: a separate class is
  [
    'command.row',
    () =>
      eachCommand((command) => {
        const { row } = command;
        Object.defineProperty(command, 'row', { get: () => row, set: () => undefined });
      }),
  ],
  ['command.on', () => eachCommand((command) => put(command, 'on', undefined))],
  ['command._unpipeStream', () => eachCommand((command) => put(command, '_unpipeStream', undefined))],
  ["command.on('fields')", () => eachEvent('fields', () => undefined)],
  ["command.on('result')", () => eachEvent('result', () => undefined)],
  ['column.columnType', () => eachEvent('fields', without('columnType'))],
  ['column.encoding', () => eachEvent('fields', without('encoding'))],
  ['column.characterSet', () => eachEvent('fields', without('characterSet'))],
  ["command.on('fields')", () => eachEvent('fields', without('name'))],
  ['header.affectedRows', () => eachEvent('result', without('affectedRows'))],
  ['header.insertId', () => eachEvent('result', without('insertId'))],
  ['header.serverStatus', () => eachEvent('result', without('serverStatus'))],
  ['header.warningStatus', () => eachEvent('result', without('warningStatus'))],
  ['packet.isEOF', (raw) => put(packetOf(raw), 'isEOF', undefined)],
  ['packet.eofStatusFlags', (raw) => put(packetOf(raw), 'eofStatusFlags', () => undefined)],
  ['packet.eofStatusFlags', (raw) => put(packetOf(raw), 'eofStatusFlags', undefined)],
  ['packet.eofWarningCount', (raw) => put(packetOf(raw), 'eofWarningCount', undefined)],
  ['packet.eofWarningCount', (raw) => put(packetOf(raw), 'eofWarningCount', () => 7)],
  ['packet.readLengthCodedString', () => eachRow('readLengthCodedString', undefined)],
  ['packet.readLengthCodedString', () => eachRow('readLengthCodedString', () => '1.5')],
  ['packet.readLengthCodedBuffer', () => eachRow('readLengthCodedBuffer', undefined)],
  ['packet.buffer', () => eachRow('buffer', {})],
  ['packet.offset', () => eachRow('offset', 0)],
];

/** What all packets of the driver are made of. */
function packetOf(raw: Open): Open {
  const { _reusablePacket: packet } = raw['packetParser'] as { readonly _reusablePacket: object };
  return Object.getPrototypeOf(packet) as Open;
}

/** Has each row come in a packet that differs in a member. */
function eachRow(member: string, value: unknown): void {
  eachCommand((command) => {
    type Take = (packet: { isEOF(): boolean }, connection: unknown) => unknown;
    let taken = command['row'] as Take;
    Object.defineProperty(command, 'row', {
      get: () => taken,
      set: (given: Take) => {
        taken = (packet, connection) => {
          if (packet.isEOF()) {
            return given(packet, connection);
          }
          given(Object.create(packet, { [member]: { value, writable: true } }) as typeof packet, connection);
          return taken;
        };
      },
    });
  });
}

it('is checked for the version that is installed', () => {
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;
  expect(read('package.json')['dependencies']?.['mysql2']).toBe(MYSQL2_VERSION);
  expect(read('node_modules/mysql2/package.json')['version']).toBe(MYSQL2_VERSION);
});

onEveryServer('the driver of', (dialect) => {
  let database: FreshDatabase;
  let db: DatabaseOperations;

  beforeEach(async () => {
    await loadDriver();
    database = await freshDatabase(dialect);
    db = new DatabaseOperations({ url: database.url });
  });

  afterEach(async () => {
    restore();
    await db.close();
    await database.remove();
  });

  const read = () => db.marketData.getCandles({ ...SERIES, ...ALWAYS });

  it('is refused at the first connection where a member of it is not what it was, until it is', async () => {
    jest.resetModules();
    const driver = await import('mysql2');
    const library = await import('../../src/index.ts');
    await using fresh = new library.DatabaseOperations({ url: database.url });
    const read = () => fresh.marketData.getCandles({ ...SERIES, ...ALWAYS });
    put(driver.Connection, 'createQuery', undefined);
    const failure = (await read().catch((error: unknown) => error)) as Error;
    expect(failure).toMatchObject({ kind: 'configuration', code: 'DRIVER_CHANGED', attempts: 1, retryable: false });
    expect(failure.message).toContain(`Connection.createQuery of mysql2 ${MYSQL2_VERSION}`);
    restore();
    await fresh.migrations.up();
    expect(await read()).toEqual([]);
  });

  it('is not believed where it keeps rows to itself later', async () => {
    await db.migrations.up();
    await db.marketData.upsertCandles([candle(0), candle(1)]);
    expect(await read()).toHaveLength(2);
    eachCommand((command) => {
      const { row } = command;
      Object.defineProperty(command, 'row', { get: () => row, set: () => undefined });
    });
    expect(await failureOf(read())).toMatchObject({ kind: 'configuration', code: 'DRIVER_CHANGED' });
    expect(await failureOf(db.sql.query('select 1 as one'))).toMatchObject({ code: 'DRIVER_CHANGED' });
  });

  it.each(MEMBERS)('is refused by name where %s is not what it was', async (member, breakIt) => {
    const { hostname, port, username, password } = new URL(database.url);
    const target = { host: hostname, port: Number(port), user: username, password: decodeURIComponent(password) };
    const raw = await connectToServer(target, undefined);
    raw.on('error', () => undefined);
    const line = internalsOf(raw).stream;
    const check = (): Promise<void> =>
      checkDriver(
        raw,
        (options, tap) =>
          new Promise((resolve, reject) => {
            sendText(raw, options, (error, result) => (error ? reject(error) : resolve(result)), tap);
          }),
      );
    try {
      await expect(check()).resolves.toBeUndefined();
      breakIt(raw as unknown as Open);
      await expect(check()).rejects.toMatchObject({
        code: 'DRIVER_CHANGED',
        message: expect.stringContaining(`${member} of mysql2`),
      });
    } finally {
      restore();
      line.destroy();
    }
  });
});
