import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { escape as serverText } from 'mysql2';
import { redactSecrets, redactStatement } from '../../src/errors/redact.ts';
import { THOUSAND_RUNS } from '../support/arbitraries.ts';

/** A literal as SQLite writes it: only quotes are doubled, and a backslash is a letter. */
const embeddedText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

describe('redactStatement', () => {
  it.each([
    ["insert into `bots` (`name`) values ('secret')", 'insert into `bots` (`name`) values (?)'],
    ["select * from `bots` where `name` = 'it''s' and `id` = 7", 'select * from `bots` where `name` = ? and `id` = ?'],
    ["select 'a\\'b', 1.5, -2, 3e10, null", 'select ?, ?, ?, ?, null'],
    ['insert into `t` values (?, ?), (?, ?), (?, ?)', 'insert into `t` values (?), …'],
    ["insert into `t` values (1, 'a'), (2, 'b')", 'insert into `t` values (?)'],
    ['insert into `t` values (?, ?), (?, ?)', 'insert into `t` values (?), …'],
    ["update `t`\n  set `a1` = 'x'", 'update `t` set `a1` = ?'],
    ["select 'never closed", 'select ?'],
  ])('of %s leaves %s', (statement, redacted) => {
    expect(redactStatement(statement)).toBe(redacted);
  });

  it('cuts what is long', () => {
    expect(redactStatement(`select ${'`column`, '.repeat(1_000)}1`)).toHaveLength(201);
    expect(redactStatement('select `abc`', 8)).toBe('select `…');
  });

  it.each([
    ['a server', (text: string): string => serverText(text)],
    ['the embedded database', embeddedText],
  ])('never leaks a literal of %s, whatever letters it has', (_what, write) => {
    const awkward = fc.string({
      unit: fc.constantFrom('\\', "'", '"', '`', 'a', ' ', '%', '\n', '--', '/*', '*/', ';'),
    });
    // the secret is the letters that nothing else in the statement has
    const literal = fc.tuple(awkward, awkward).map(([before, after]) => `${before}ZXQ${after}`);
    fc.assert(
      fc.property(fc.array(literal, { minLength: 1, maxLength: 5 }), (literals) => {
        const statement = `insert into \`bots\` (\`name\`) values (${literals.map(write).join(', ')})`;
        expect(redactStatement(statement, 10_000)).not.toContain('ZXQ');
      }),
      THOUSAND_RUNS,
    );
  });

  it('never leaks a number', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }), (numbers) => {
        const statement = `select * from \`t\` where \`a\` in (${numbers.map(String).join(', ')}) and \`b\` = ${numbers[0]}`;
        expect(redactStatement(statement, 10_000)).not.toMatch(/\d/);
      }),
      THOUSAND_RUNS,
    );
  });
});

describe('redactSecrets', () => {
  it.each([
    ['connect mysql://root:s3cret@db:3306/x failed', 'connect mysql://root:***@db:3306/x failed'],
    ['MARIADB://root:s3cret@db/x', 'MARIADB://root:***@db/x'],
    ['mysql://root@db/x', 'mysql://root@db/x'],
    ['mysql://a:one@h/x and mariadb://b:two@h/x', 'mysql://a:***@h/x and mariadb://b:***@h/x'],
    ['no URL: at all@here', 'no URL: at all@here'],
  ])('of %s leaves %s', (text, redacted) => {
    expect(redactSecrets(text)).toBe(redacted);
  });

  it('takes out a password whole, whatever letters of a URL it has', () => {
    const letters = 'aZ9!$&()*+,;=:@%-._~^|'.split('');
    const password = fc
      .string({ unit: fc.constantFrom(...letters), maxLength: 20 })
      .map((rest) => `SEC${rest}RET`)
      .filter((text) => URL.canParse(`mysql://u:${text}@h/x`));
    fc.assert(
      fc.property(password, (secret) => {
        const redacted = redactSecrets(`cannot reach mysql://u:${secret}@host:3306/name: refused`);
        expect(redacted).not.toContain('SEC');
        expect(redacted).not.toContain('RET');
        expect(redacted).toContain('host:3306/name: refused');
      }),
      THOUSAND_RUNS,
    );
  });
});
