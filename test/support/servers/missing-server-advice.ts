import { databases, type ServerDialect, titles } from './database.ts';
import type { MissingServer } from './obtain-server.ts';

// What to install for the provider "local".
const packages: Record<ServerDialect, string> = {
  mysql: 'apt-get install mysql-server-core-8.0 (Ubuntu), brew install mysql',
  mariadb: 'apt-get install mariadb-server-core (Debian, Ubuntu), brew install mariadb',
};

/** What was tried for a server, and how to get one. */
export function missingServerAdvice({ dialect, tried }: MissingServer): string {
  const title = titles[dialect];
  const others = databases.filter((database) => database !== dialect).join(',');
  return [
    `There is no ${title} server to test on. Tried:`,
    ...tried.map((attempt) => `  - ${attempt}`),
    'To get one:',
    '  - start Docker; or',
    `  - put a server's program on PATH: ${packages[dialect]}; or`,
    `  - name one with the right to create databases: TEST_${dialect.toUpperCase()}_URL=${dialect}://root:secret@127.0.0.1:3306`,
    `To run the tests without ${title}: TEST_DATABASES=${others}, or TEST_DATABASES_OPTIONAL=${dialect} to run with it where it can be had.`,
  ].join('\n');
}
