import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resolveSettings, type Settings } from '../../src/config/settings.ts';
import {
  type ConfigurationError,
  type DatabaseOptions,
  isConfigurationError,
  withEnvironment,
} from '../../src/index.ts';

let folder: string;
let path: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tradestore-options-'));
  path = join(folder, 'my.cnf');
});
afterAll(() => rmSync(folder, { recursive: true }));

const settingsFrom = (text: string, options: DatabaseOptions = {}): Settings => {
  writeFileSync(path, text);
  return resolveSettings('test', { optionFile: path, database: 'market', ...options });
};

function faultOf(code: () => unknown): ConfigurationError {
  try {
    code();
  } catch (error) {
    if (isConfigurationError(error)) {
      return error;
    }
    throw error;
  }
  throw new Error('expected a fault');
}

describe('an option file', () => {
  it('gives what is not set elsewhere, the named group before [client]', () => {
    const text = `
# for every program
[mysqld]
user = mysql
[client]
user = everybody
password = "client # password"
port = 3307
[tradestore]
user = collector
host = db.example
database = archive
[elsewhere]
user = nobody
`;
    expect(settingsFrom(text).target).toEqual({
      kind: 'server',
      host: 'db.example',
      port: 3307,
      database: 'market',
      user: 'collector',
      password: 'client # password',
      socketPath: undefined,
    });
    expect(settingsFrom(text, { database: undefined }).target).toMatchObject({ database: 'archive' });
    expect(settingsFrom(text, { optionGroup: 'elsewhere' }).target).toMatchObject({
      user: 'nobody',
      host: 'localhost',
    });
    expect(settingsFrom(text, { user: 'me', host: 'h', port: 1 }).target).toMatchObject({
      user: 'me',
      host: 'h',
      port: 1,
    });
  });

  it('does not put the port of its host on another one', () => {
    const text = '[client]\nuser=u\nhost=a\nport=3310\n';
    expect(settingsFrom(text, { host: 'b' }).target).toMatchObject({ host: 'b', port: 3306 });
    expect(settingsFrom(`${text}socket=/run/s\n`, { host: 'b' }).target).toMatchObject({ socketPath: undefined });
  });

  it('gives the password of a URL that has none', () => {
    const text = '[client]\nuser=u\npassword=S3CR\nhost=a\n';
    const options = { database: undefined, url: 'mysql://me@db.example/market' };
    expect(settingsFrom(text, options).target).toMatchObject({ host: 'db.example', user: 'me', password: 'S3CR' });
    expect(settingsFrom(text, { ...options, url: 'mysql://me:own@h/n' }).target).toMatchObject({ password: 'own' });
  });

  it.each([
    ['plain', 'a b', 'a b'],
    ['in quotes', '"a b "', 'a b '],
    ['in the other quotes', "'a\"b'", 'a"b'],
    ['with a comment after it', 'secret # not this', 'secret'],
    ['with a # in quotes', '"sec#ret" # not this', 'sec#ret'],
    ['with escapes', String.raw`a\sb\tc\\d\xe`, 'a b\tc\\d\\xe'],
    ['with an equals sign', 'a=b', 'a=b'],
  ])('reads a value %s', (_how, written, read) => {
    expect(settingsFrom(`[client]\nuser=u\npassword = ${written}\n`).target).toMatchObject({ password: read });
  });

  it('takes underscores for dashes, carriage returns, and loose options', () => {
    const { charset, compress } = settingsFrom(
      '[client]\r\nuser=u\r\nloose-default_character_set=utf8mb4\r\ncompress\r\n',
    );
    expect({ charset, compress }).toEqual({ charset: 'utf8mb4', compress: true });
  });

  it('passes over what other programs want of [client]', () => {
    expect(() => settingsFrom('[client]\nuser=u\npager=less\nno-auto-rehash\n')).not.toThrow();
  });

  it('includes files and folders', () => {
    mkdirSync(join(folder, 'more.d'), { recursive: true });
    writeFileSync(join(folder, 'more.d', 'b.cnf'), '[client]\nuser=second\n');
    writeFileSync(join(folder, 'more.d', 'a.cnf'), '[client]\nuser=first\nport=3308\n');
    writeFileSync(join(folder, 'more.d', 'c.txt'), '[client]\nuser=none\n');
    expect(settingsFrom(`!includedir ${join(folder, 'more.d')}\n`).target).toMatchObject({
      user: 'second',
      port: 3308,
    });
    expect(settingsFrom('!include more.d/a.cnf\n').target).toMatchObject({ user: 'first' });
    expect(faultOf(() => settingsFrom('!include my.cnf\n')).message).toMatch(/at most 10 files.*my\.cnf:1/);
  });

  it.each<[mode: string, host: string, tls: object | undefined]>([
    ['ssl-mode=DISABLED', 'h', undefined],
    ['ssl-mode=REQUIRED', 'localhost', { verify: false }],
    ['ssl-mode=verify_ca', 'localhost', { verify: 'ca' }],
    ['ssl_mode=VERIFY_IDENTITY', 'localhost', { verify: true }],
    ['ssl', 'localhost', { verify: true }],
    ['skip-ssl', 'h', undefined],
    ['ssl-verify-server-cert=0', 'h', { verify: false }],
    ['', 'h', { verify: true }],
    ['', 'localhost', undefined],
  ])('encrypts as "%s" says, to %s', (mode, host, expected) => {
    const { tls } = settingsFrom(`[client]\nuser=u\nhost=${host}\n${mode}\n`);
    expect(tls === undefined ? undefined : { verify: tls.verify }).toEqual(expected);
  });

  it('gives way to an option that says how to encrypt', () => {
    expect(settingsFrom('[client]\nuser=u\nhost=h\nssl-mode=REQUIRED\n', { tls: false }).tls).toBeUndefined();
    expect(settingsFrom('[client]\nuser=u\nssl-mode=DISABLED\n', { tls: true }).tls).toMatchObject({ verify: true });
  });

  it.each<[what: string, text: string, expected: RegExp]>([
    ['an option outside of a group', 'user=u\n', /a \[group\] above.*my\.cnf:1/],
    ['half a heading', '[client]\nuser=u\n[client\n', /my\.cnf:3/],
    ['a line that is no option', '[client]\n= S3CR\n', /option=value.*my\.cnf:2/],
    ['a port that is none', '[client]\n\nport=S3CR\n', /port to be a whole number from 1 to 65535.*my\.cnf:3/],
    ['a password that is to be asked for', '[client]\npassword\n', /a value for password.*my\.cnf:2/],
    ['a mode that would not encrypt for sure', '[client]\nssl-mode=PREFERRED\n', /VERIFY_IDENTITY.*my\.cnf:2/],
    ['an unknown option in the group of its own', '[tradestore]\nspeed=1\n', /not speed.*my\.cnf:2/],
    ['another command', '!help\n', /my\.cnf:1/],
    ['an encoding that loses letters', '[client]\nuser=u\ndefault-character-set=latin1\n', /utf8mb4/],
  ])('is refused for %s, by file and line and without what is written there', (_what, text, expected) => {
    const fault = faultOf(() => settingsFrom(text));
    expect(fault.issues[0]?.path).toBe('optionFile');
    expect(fault.message).toMatch(expected);
    expect(fault.message).not.toContain('S3CR');
  });

  it('is refused where it is missing, and where every user may write to it', () => {
    const missing = { optionFile: join(folder, 'none.cnf'), database: 'd' };
    expect(faultOf(() => resolveSettings('test', missing)).message).toContain('ENOENT');
    const open = join(folder, 'open.cnf');
    writeFileSync(open, '[client]\nuser=u\n');
    chmodSync(open, 0o666);
    expect(faultOf(() => resolveSettings('test', { optionFile: open, database: 'd' })).message).toContain(
      'not everybody may write',
    );
  });

  it('is reported by the name of its variable', () => {
    writeFileSync(path, '[client]\nport=x\n');
    expect(
      faultOf(() => withEnvironment({ DB_OPTION_FILE: path, DB_NAME: 'd' })).issues.map((issue) => issue.path),
    ).toEqual(['DB_OPTION_FILE']);
    writeFileSync(path, '[client]\nhost=h\n[mine]\nuser=u\n');
    const environment = { DB_OPTION_FILE: path, DB_OPTION_GROUP: 'mine', DB_NAME: 'd' };
    expect(resolveSettings('test', withEnvironment(environment)).target).toMatchObject({ host: 'h', user: 'u' });
    // and says nothing of where another database is
    expect(resolveSettings('test', withEnvironment(environment, { url: 'sqlite:a.db' })).target).toEqual({
      kind: 'file',
      path: 'a.db',
    });
  });

  it('does not go with an embedded file', () => {
    writeFileSync(path, '[client]\nuser=u\n');
    expect(faultOf(() => resolveSettings('test', { url: 'sqlite:a.db', optionFile: path })).issues[0]?.path).toBe(
      'optionFile',
    );
  });
});
