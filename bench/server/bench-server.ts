import { cp, mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { DatabaseOperations } from '../../src/index.ts';
import { type ServerDialect, startServer } from '../../test/support/servers/index.ts';
import { makeKeptFolder } from '../../test/support/servers/kept-folder.ts';
import type { Target } from '../contender.ts';
import { benchFlags, TOLD_SETTINGS } from './flags.ts';

const HOST = '127.0.0.1';
const USER = 'root';
const cache = fileURLToPath(new URL('../../.cache', import.meta.url));

/** Where a server's data is: on a disk durability has its real cost; memory shows the clients' share. */
export type Storage = 'disk' | 'memory';

/** The server of one run, used by nothing else. */
export interface BenchServer {
  readonly dialect: ServerDialect;
  readonly version: string;
  readonly settings: Readonly<Record<string, string>>;
  /** Makes a database with the library's own migrations. */
  makeDatabase(name: string): Promise<Target>;
  stop(): Promise<void>;
}

export async function startBenchServer(dialect: ServerDialect, storage: Storage): Promise<BenchServer> {
  const server = await startServer(dialect);
  const flags = benchFlags(dialect);
  const release = storage === 'disk' ? await moveToDisk(server, flags) : await server.restart({ flags });
  const admin = await createConnection({ host: HOST, port: server.port, user: USER });
  return {
    dialect,
    version: server.version,
    settings: await settingsOf(admin),
    makeDatabase: async (database) => {
      await admin.query(`create database ${database}`);
      const url = `${dialect}://${USER}@${HOST}:${server.port}/${database}`;
      await using db = new DatabaseOperations({ url });
      await db.migrations.up();
      return { dialect, url, host: HOST, port: server.port, user: USER, database };
    },
    stop: async () => {
      admin.destroy();
      await server.stop();
      await release?.();
    },
  };
}

// the tests keep their servers' data in memory if they can; it is moved while the server is down
async function moveToDisk(
  server: Awaited<ReturnType<typeof startServer>>,
  flags: string[],
): Promise<() => Promise<void>> {
  const connection = await createConnection({ host: HOST, port: server.port, user: USER });
  const [[row]] = await connection.query<RowDataPacket[]>('select @@datadir as folder');
  await connection.end();
  const data = String(row?.['folder']).replace(/\/$/, '');
  await server.kill('SIGTERM');
  await mkdir(cache, { recursive: true });
  const folder = await makeKeptFolder(cache, 'bench');
  // a server is known by the name of its folder
  const moved = join(folder.path, basename(dirname(data)), 'data');
  await cp(data, moved, { recursive: true });
  await server.restart({ flags: [...flags, `--datadir=${moved}`, `--tmpdir=${folder.path}`] });
  return () => folder.release();
}

async function settingsOf(admin: Connection): Promise<Record<string, string>> {
  const [rows] = await admin.query<RowDataPacket[]>('show global variables where variable_name in (?)', [
    [...TOLD_SETTINGS],
  ]);
  return Object.fromEntries(rows.map((row) => [String(row['Variable_name']), String(row['Value'])]));
}
