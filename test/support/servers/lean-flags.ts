import type { ServerDialect } from './database.ts';

// What a data directory is made with must also be what it is run with.
const storage: Record<ServerDialect, string[]> = {
  mysql: ['--loose-innodb-redo-log-capacity=8M', '--skip-log-bin', '--innodb-doublewrite=OFF'],
  mariadb: ['--innodb-log-file-size=10M', '--skip-log-bin', '--innodb-doublewrite=OFF'],
};

const dialectOnly: Record<ServerDialect, string[]> = {
  // The folder that a package compiles in for files is not there without its installation.
  mysql: ['--mysqlx=OFF', '--secure-file-priv=NULL'],
  // Making a certificate is most of what a start of MariaDB 11 takes its time for.
  mariadb: ['--loose-skip-ssl'],
};

/** Small and quick to start; what was committed survives the kill of the server all the same. */
export function leanFlags(dialect: ServerDialect): string[] {
  return [
    ...storage[dialect],
    ...dialectOnly[dialect],
    '--performance-schema=OFF',
    '--innodb-flush-log-at-trx-commit=2',
    '--innodb-buffer-pool-size=32M',
    '--max-connections=200',
    // no test waits for a name server
    '--skip-name-resolve',
  ];
}

/** For a process on this machine that makes a data directory. */
export function initialiseFlags(dialect: ServerDialect): string[] {
  return [...storage[dialect], ...processFlags()];
}

/** For a server process on this machine. */
export function serverFlags(dialect: ServerDialect): string[] {
  return [...leanFlags(dialect), ...processFlags(), '--bind-address=127.0.0.1'];
}

function processFlags(): string[] {
  // The kernel's limit of asynchronous requests is for all servers of a machine together.
  const flags = ['--innodb-use-native-aio=OFF'];
  // Servers refuse to run as root without this.
  if (process.getuid?.() === 0) flags.push('--user=root');
  return flags;
}
