import { describe, expect, test } from '@jest/globals';
import { quoted, shellWord, typedCommand } from '../../src/cli/typed-command.ts';

describe('a command to be typed', () => {
  test('is on the same database', () => {
    const where = { database: "sqlite:./it's.db", envFile: '.env' };
    expect(quoted(typedCommand('migrate up', where))).toBe(
      "`npm run tradestore -- migrate up --database 'sqlite:./it'\\''s.db' --env-file .env`",
    );
    expect(quoted(typedCommand('migrate up'))).toBe('`npm run tradestore -- migrate up`');
  });

  test('never holds a password', () => {
    expect(quoted(typedCommand('migrate up', { database: 'mysql://me:s3cret@db/market' }))).toBe(
      '`npm run tradestore -- migrate up` with the same --database',
    );
    expect(quoted(typedCommand('stats', { database: 'mysql://me@db/market' }))).toBe(
      '`npm run tradestore -- stats --database mysql://me@db/market`',
    );
  });

  test('has its words in quotes where a shell would read them otherwise', () => {
    expect(['a-1', '$x', ''].map(shellWord)).toEqual(['a-1', "'$x'", "''"]);
  });
});
