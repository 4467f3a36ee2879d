import { expect, it } from '@jest/globals';
import { withEnvFile } from '../../src/config/env-file.ts';
import { isConfigurationError } from '../../src/index.ts';

const faultsOf = (text: string, environment = {}): string => {
  try {
    withEnvFile(environment, text, '.env');
    return '';
  } catch (error) {
    return isConfigurationError(error)
      ? error.issues.map(({ path, expected }) => `${path}: ${expected}`).join('; ')
      : '?';
  }
};

it('puts the variables of the file behind those that are set', () => {
  const text =
    '\uFEFF# a comment\r\nDATABASE_URL="mysql://u:p#1@h/d" # why\r\n\r\nexport DB_POOL_MAX = 3\nDEBUG=true\nOTHER=a#b\n';
  expect(withEnvFile({ DEBUG: '0', PATH: '/bin', DB_HOST: undefined }, text, '.env')).toEqual({
    DATABASE_URL: 'mysql://u:p#1@h/d',
    DB_POOL_MAX: '3',
    DEBUG: '0',
    OTHER: 'a',
    PATH: '/bin',
  });
});

it.each([
  [{ DATABASE_URL: 'sqlite:./a.db' }, { DATABASE_URL: 'sqlite:./a.db' }],
  [{ DB_PASSWORD: 'x' }, { DB_PASSWORD: 'x', DB_HOST: 'h', DB_USER: 'u' }],
])('does not put what is set together with another way to say where the database is: %j', (set, complete) => {
  expect(withEnvFile(set, 'DB_HOST=h\nDB_USER=u', '.env')).toEqual(complete);
  expect(withEnvFile({ DB_HOST: 'h' }, 'DATABASE_URL=sqlite:./b.db', '.env')).toEqual({ DB_HOST: 'h' });
});

it.each([
  ['DB_PASSWORD=secret\nsecret', '.env:2: NAME=value'],
  ['=secret', '.env:1: NAME=value'],
  ['my name=secret', '.env:1: NAME=value'],
  ['DB_PASSWORD="secret\nDB_USER=u', '.env:1 DB_PASSWORD: a closing "'],
  ["\nDB_PASSWORD='secret'secret", ".env:2 DB_PASSWORD: nothing but a comment behind the closing '"],
  ['DB_PASSWORD=sec#ret', '.env:1 DB_PASSWORD: quotes around a value that has a #'],
  ['DB_PASSWORD=#secret', '.env:1 DB_PASSWORD: quotes around a value that has a #'],
  ['export\tDB_USER=secret', '.env:1 DB_USER: NAME=value'],
  ['\uFEFF\uFEFFDB_USER=secret', '.env:1 DB_USER: NAME=value'],
  ['DB_PASSWORD="sec\0ret"', '.env:1 DB_PASSWORD: text without the character U+0000'],
  ['DEBUG=sec#ret', '.env:1 DEBUG: quotes around a value that has a #'],
  ['X="a\nb\nc"\nDB_PORT=secret', '.env:4 DB_PORT: a whole number from 1 to 65535'],
  ['DB_PORT=secret\nDB_POOL_MAX=0', /^\.env:1 DB_PORT: .*; \.env:2 DB_POOL_MAX: a whole number from 1 to 10000$/],
])('names the line of what is wrong in %j', (text, faults) => {
  expect(faultsOf(text)).toMatch(faults);
  expect(faultsOf(text)).not.toContain('secret');
});

it.each([
  ['DB_PASSWORD= # a comment', ''],
  ['DB_PASSWORD="a\\nb"', 'a\nb'],
  ["DB_PASSWORD='a\\nb'", 'a\\nb'],
  ['DB_PASSWORD="a\r\nb"', 'a\nb'],
  ['DB_PASSWORD=a\nDB_PASSWORD=b', 'b'],
  ['DB_PASSWORD=`a"b\'c`', 'a"b\'c'],
])('reads %j as Node.js documents it', (text, password) => {
  expect(withEnvFile({}, text, '.env')['DB_PASSWORD']).toBe(password);
});

it('minds no value that does not count', () => {
  expect(faultsOf('DB_PORT=many\nDB_POOL_MAX=', { DB_PORT: '1' })).toBe('');
  expect(faultsOf('DB_PORT=many', { DATABASE_URL: 'sqlite:./a.db' })).toBe('');
});
