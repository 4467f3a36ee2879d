import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeptFolder } from './kept-folder.ts';
import { initialiseFlags } from './lean-flags.ts';
import { run } from './run.ts';
import type { ServerProgram } from './server-program.ts';

// Names are not resolved, so over TCP a client is not root@localhost.
const rootOverTcp = [
  "create user if not exists root@'127.0.0.1';",
  "grant all privileges on *.* to root@'127.0.0.1' with grant option;",
];

/** Makes a data directory, with a root without password, at `data` in the folder. */
export async function initialise(program: ServerProgram, folder: KeptFolder): Promise<string> {
  const data = join(folder.path, 'data');
  await (program.dialect === 'mysql' ? initialiseMysql : initialiseMariadb)(program, folder, data);
  // Copies of one directory must not be servers with the same identity.
  await rm(join(data, 'auto.cnf'), { force: true });
  return data;
}

async function initialiseMysql(program: ServerProgram, folder: KeptFolder, data: string): Promise<void> {
  const initFile = join(folder.path, 'root.sql');
  await writeFile(initFile, rootOverTcp.join('\n'));
  const flags = ['--initialize-insecure', `--datadir=${data}`, `--init-file=${initFile}`];
  await run(program.command, [...program.args, ...flags, ...initialiseFlags('mysql')], { folder });
}

async function initialiseMariadb(program: ServerProgram, folder: KeptFolder, data: string): Promise<void> {
  await mkdir(join(data, 'mysql'), { recursive: true });
  const flags = ['--bootstrap', `--datadir=${data}`, '--max-allowed-packet=8M', '--net-buffer-length=16K'];
  await run(program.command, [...program.args, ...flags, ...initialiseFlags('mariadb')], {
    folder,
    input: await systemTables(program.shareFolder),
  });
}

async function systemTables(share: string): Promise<string> {
  // They have the old name before MariaDB 11.
  const read = (name: string) => {
    const named = ['mariadb', 'mysql'].map((prefix) => join(share, name.replace('*', prefix)));
    return readFile(named.find((path) => existsSync(path)) ?? join(share, name), 'utf8');
  };
  return [
    'create database if not exists mysql;',
    'use mysql;',
    'set @auth_root_socket = null;',
    await read('*_system_tables.sql'),
    await read('*_performance_tables.sql'),
    await read('*_system_tables_data.sql'),
    await read('*_sys_schema.sql'),
    'use mysql;',
    'flush privileges;',
    ...rootOverTcp,
    '',
  ].join('\n');
}
