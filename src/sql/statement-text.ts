import type { NormalizedSql, TextRules } from '../databases/raw-sql-dialect.ts';

/** What is expected of a text, and what was received. */
export type Fault = readonly [expected: string, received: string];

/** Tells the literals, comments and placeholders of a text apart. */
export function scan(
  text: string,
  rules: TextRules,
): { readonly placeholders: number[]; readonly bare: NormalizedSql; readonly faults: (Fault | undefined)[] } {
  const placeholders: number[] = [];
  let code = '';
  let unterminated: string | undefined;
  let ambiguous: Fault | undefined;
  let at = 0;
  while (at < text.length) {
    const letter = text[at] as string;
    const end = literalEnd(text, at, rules);
    if (end !== undefined) {
      unterminated ??= end > text.length ? 'quotes' : undefined;
      ambiguous ??= rules.backslashEscapes && letter === '"' && text.slice(at, end).includes('\\') ? QUOTED : undefined;
      code += letter === "'" || letter === '"' ? "''" : 'x';
      at = end;
      continue;
    }
    const after = commentEnd(text, at, rules);
    if (after !== undefined) {
      unterminated ??= after > text.length ? 'a comment' : undefined;
      ambiguous ??= rules.serverComments && hidesCode(text.slice(at)) ? CONDITIONAL : undefined;
      code += ' ';
      at = after;
      continue;
    }
    if (letter === '?') {
      placeholders.push(at);
      ambiguous ??= JOINED.test(`${text[at - 1] ?? ' '}${text[at + 1] ?? ' '}`) ? TOUCHING : undefined;
    }
    code += letter;
    at += 1;
  }
  const plain = code.replace(/\s+/g, ' ').trim().toLowerCase();
  const bare = plain.replace(/[; ]+$/, '');
  const faults = [
    bare === '' ? EMPTY : undefined,
    /;[^; ]|; [^; ]/.test(bare) && !COMPOUND.test(plain) ? SEVERAL : undefined,
    unterminated === undefined ? undefined : ([TERMINATED, `one with ${unterminated} not ended`] as const),
    rules.namedMarks?.test(code) === true ? NAMED : undefined,
    placeholders.length > 0 ? ambiguous : undefined,
  ];
  return { placeholders, bare, faults };
}

const EMPTY: Fault = ['a statement', 'nothing but comments'];
const SEVERAL: Fault = ['one statement', 'several, with a ; between them'];
const TERMINATED = 'a statement with all its quotes and comments ended';
const NAMED: Fault = ['? for each value', 'a placeholder with a name or a number'];

/** Letters that another token begins or ends with: beside one of them, a value could become a part of it. */
const JOINED = /[\p{L}\p{N}_$.'"`?\\]/u;
const TOUCHING: Fault = ['blanks or operators around each ?', 'a ? that touches a name, a number, quotes or another ?'];

/** Depending on its version, a server runs or skips what such a comment contains. */
const CONDITIONAL: Fault = [
  'no ?, quotes or comments inside /*! … */ in a statement with values',
  'a comment that only some servers run, with one of them inside',
];
const VERSIONED = /^\/\*M?!(?<code>.*?)\*\//s;

function hidesCode(rest: string): boolean {
  const code = VERSIONED.exec(rest)?.groups?.['code'] ?? '';
  return /[?'"`#]|--|\/\*/.test(code);
}

/** With ANSI_QUOTES, double quotes enclose a name, in which a backslash escapes nothing. */
const QUOTED: Fault = ['texts in single quotes, in a statement with values', 'one in double quotes with a backslash'];

/** Statements that contain statements. The database itself refuses a further statement behind them. */
const COMPOUND =
  /^(?:create\b.*?\b(?:procedure|function|trigger|event|package)\b|alter (?:definer \S+ ?= ?\S+ )?event\b|begin not atomic\b)/;

/** A named placeholder: `:symbol`. */
const NAMED_PLACEHOLDER = /(?<![\w$:])(?::)([A-Za-z_]\w*)/y;

/** A text with `?` in place of its named placeholders, and their names in order. */
export function withoutNames(
  text: string,
  rules: TextRules,
): { readonly text: string; readonly names: readonly string[] } {
  const names: string[] = [];
  let plain = '';
  for (let at = 0; at < text.length; ) {
    NAMED_PLACEHOLDER.lastIndex = at;
    const name = NAMED_PLACEHOLDER.exec(text)?.[1];
    const end =
      name === undefined
        ? (literalEnd(text, at, rules) ?? commentEnd(text, at, rules) ?? at + 1)
        : at + name.length + 1;
    if (name !== undefined) {
      names.push(name);
    }
    plain += name === undefined ? text.slice(at, end) : '?';
    at = end;
  }
  return { text: plain, names };
}

/** The end of the literal or quoted name that begins here; beyond the text if it is not terminated. */
function literalEnd(text: string, start: number, rules: TextRules): number | undefined {
  const open = text[start] as string;
  const close = open === '[' && rules.brackets ? ']' : open;
  if (!(open === "'" || open === '"' || open === '`' || close === ']')) {
    return undefined;
  }
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\' && rules.backslashEscapes && open !== '`') {
      at += 1;
    } else if (text[at] === close) {
      // a doubled quote stands for one quote
      if (text[at + 1] !== close || close === ']') {
        return at + 1;
      }
      at += 1;
    }
  }
  return text.length + 1;
}

/** The end of the comment that begins here. Code in a comment that a server runs is not skipped. */
function commentEnd(text: string, start: number, { serverComments }: TextRules): number | undefined {
  const next = text[start + 1];
  if (text[start] === '/' && next === '*') {
    const run = serverComments ? /^\/\*M?!\d*/.exec(text.slice(start, start + 12)) : null;
    if (run !== null) {
      return text.includes('*/', start) ? start + run[0].length : text.length + 1;
    }
    const end = text.indexOf('*/', start + 2);
    // for SQLite an unterminated comment ends with the text
    return end < 0 ? text.length + 1 : end + 2;
  }
  if (text[start] === '*' && next === '/') {
    return start + 2;
  }
  const dashes =
    text[start] === '-' &&
    next === '-' &&
    (!serverComments || (text[start + 2] ?? ' ') <= ' ' || text[start + 2] === '\x7f');
  if (dashes || (serverComments && text[start] === '#')) {
    const end = text.indexOf('\n', start);
    return end < 0 ? text.length : end + 1;
  }
  return undefined;
}
