import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { escape as serverText } from 'mysql2';
import { serverStatements } from '../../src/databases/mysql/server-statements.ts';
import { sqliteStatements } from '../../src/databases/sqlite/sqlite-statements.ts';
import { type Quoting, redactSecrets, redactStatement } from '../../src/errors/redact.ts';
import { THOUSAND_RUNS } from '../support/arbitraries.ts';

/** A literal as SQLite writes it: only quotes are doubled, and a backslash is a letter. */
const embeddedText = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** What may stand before a literal in a statement of any database. */
const BETWEEN = [
  ', ',
  ' = ',
  '(',
  '), (',
  ",`it's`,",
  "/* it's */",
  "-- it's\n",
  ' + 5 - ',
  ', null, ',
  ' and `a"b` <> ',
];
const SERVER = serverStatements.rules;
const EMBEDDED = sqliteStatements.rules;

describe('redactStatement', () => {
  it.each([
    ["insert into `bots` (`name`) values ('secret')", 'insert into `bots` (`name`) values (?)'],
    ["select * from `bots` where `name` = 'it''s' and `id` = 7", 'select * from `bots` where `name` = ? and `id` = ?'],
    ["select 'a\\'b', 1.5, -2, 3e10, null", 'select ?, ?, ?, ?, null'],
    ['insert into `t` values (?, ?), (?, ?), (?, ?)', 'insert into `t` values (?, ?) × 3'],
    [
      "insert into `t` (`a`, `b`) values (1, 'a') , (null,'it\\'s'),(-2.5e-3, 'b') as new on duplicate key update `a` = new.`a`",
      'insert into `t` (`a`, `b`) values (?, ?) × 3 as new on duplicate key update `a` = new.`a`',
    ],
    ["update `t`\n  set `a1` = 'x'", 'update `t` set `a1` = ?'],
    ["select 'never closed", 'select ?'],
    ["select x'00', 0xDEADBEEF, 1e+5, .5, 5-3, t.a1", 'select x?, ?, ?, ?, ?-?, t.a1'],
    ["select 1 -- it's\n, 'a' # \"\n, /* ' */ 'b'", 'select ? , ? , ?'],
    ["select 5--'a'", 'select ?--?'],
    ["select 1 /*!80000 , 'a' */, 'b'", 'select ? ?'],
    ["select 1 /*M! , '*/' */, 'b'", 'select ? ?'],
    [
      "load data local infile 'rows' ignore into table `t` fields terminated by '\\t' escaped by '\\\\' (`a`, `b1`)",
      'load data local infile ? ignore into table `t` fields terminated by ? escaped by ? (`a`, `b1`)',
    ],
    [`select * from t where a in (${Array(21).fill("'x'").join()})`, 'select * from t where a in (? × 21)'],
    ["select `it`` 5 's`, 'a'", "select `it`` ? 's`, ?"],
  ])('of %s leaves %s', (statement, redacted) => {
    expect(redactStatement(statement, SERVER)).toBe(redacted);
  });

  it.each([
    ["select 'a\\', 'secret'", 'select ?, ?'],
    ["select [it's], 'secret' --x'\n, 1", "select [it's], ? , ?"],
    ["select 1 # 'secret", 'select ? ?'],
  ])('reads %s as the embedded database does', (statement, redacted) => {
    expect(redactStatement(statement, EMBEDDED)).toBe(redacted);
  });

  it.each(["select 'a\\', 'secret'", "select [it's], 'secret'", "select 1 --it's", "select 1 # it's"])(
    'shows nothing more of %s where it is not known whose it is',
    (statement) => {
      expect(redactStatement(statement)).toMatch(/^select (\? )?\?$/);
    },
  );

  it('shows the whole of a statement of megabytes', () => {
    const rows = Array(30_000).fill("('okx','it\\'s',42000.5,null,1,'2024-01-01 00:00:00')").join(',');
    const statement = `insert into \`t\` values ${rows} as new on duplicate key update \`a\` = 1`;
    expect(redactStatement(statement, SERVER)).toBe(
      'insert into `t` values (?, ?, ?, ?, ?, ?) × 30000 as new on duplicate key update `a` = ?',
    );
  });

  it('cuts what has no end', () => {
    expect(redactStatement(`select ${'`column`, '.repeat(1_000)}1`)).toHaveLength(4_001);
  });

  const quotings: [string, (text: string) => string, Quoting | undefined][] = [
    ['a server', (text) => serverText(text), SERVER],
    ['the embedded database', embeddedText, EMBEDDED],
    ['a server, not knowing that it is one', (text) => serverText(text), undefined],
    ['the embedded database, not knowing that it is that', embeddedText, undefined],
  ];
  const awkward = fc.string({
    unit: fc.constantFrom(
      '\\',
      "'",
      '"',
      '`',
      'a',
      ' ',
      '%',
      '\n',
      '--',
      '/*',
      '/*!',
      '*/',
      ';',
      '#',
      '[',
      ']',
      '(',
      ',',
    ),
  });

  it.each(quotings)('never leaks a literal of %s, whatever letters it has', (_what, write, quoting) => {
    // the secret is the letters that nothing else in the statement has
    const literal = fc.tuple(awkward, awkward).map(([before, after]) => write(`${before}ZXQ${after}`));
    // what may stand between two literals, names and comments with quotes of their own included
    const between = fc.constantFrom(
      ...BETWEEN,
      ...(quoting === EMBEDDED ? ["[it's]", "--it's\n"] : []),
      ...(quoting === SERVER ? ["# it's\n", '--'] : []),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(between, literal), { minLength: 1, maxLength: 6 }), (parts) => {
        const statement = `insert into \`bots\` (\`name\`) values (${parts.flat().join('')})`;
        expect(redactStatement(statement, quoting)).not.toContain('ZXQ');
      }),
      THOUSAND_RUNS,
    );
  });

  it('never leaks a number', () => {
    const number = fc.oneof(
      fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
      fc.bigInt().map(String),
      fc.nat().map((value) => `0x${value.toString(16).toUpperCase()}`),
    );
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 19 }), (numbers) => {
        const statement = `select * from \`t\` where \`a\` in (${numbers.join(', ')}) and \`b\` = ${numbers[0]}`;
        expect(redactStatement(statement, SERVER)).toMatch(/^select \* from `t` where `a` in \([?, ]+\) and `b` = \?$/);
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

it('shows a list of twenty values whole, and counts a longer one', () => {
  const list = (values: number): string => redactStatement(`select (${Array(values).fill('1').join(', ')})`);
  expect(list(20)).toBe(`select (${Array(20).fill('?').join(', ')})`);
  expect(list(21)).toBe('select (? × 21)');
});

it('shows nothing behind two signs that only some databases read as a comment', () => {
  expect(redactStatement("select 1--'a\nsecret'")).not.toContain('secret');
});
