import type { BareText, TextRules } from '../databases/caller-statements.ts';

/** A text of SQL, as far as it can be read without knowing the language. */
export interface StatementText {
  /** Where the marks of values (`?`) stand. */
  readonly marks: readonly number[];
  readonly bare: BareText;
  /** Whether a further statement follows the first. */
  readonly several: boolean;
  /** What was begun and not ended. */
  readonly unended: 'quotes' | 'a comment' | undefined;
  /** Whether a value is marked in another way than by `?`. */
  readonly named: boolean;
  /** What is wanted and what is there, where a value could be read as something else than a value. */
  readonly unclear: readonly [expected: string, received: string] | undefined;
}

/** A mark with a name: `:symbol`. */
const NAMED_MARK = /(?<![\w$:])(?::)([A-Za-z_]\w*)/y;

/** A text with `?` in place of its marks with names, and those names in their order. */
export function withoutNames(
  text: string,
  rules: TextRules,
): { readonly text: string; readonly names: readonly string[] } {
  const names: string[] = [];
  let plain = '';
  for (let at = 0; at < text.length; ) {
    NAMED_MARK.lastIndex = at;
    const name = NAMED_MARK.exec(text)?.[1];
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

/** Reads a text of SQL: what is literal, what is comment and what is statement. */
export function readText(text: string, rules: TextRules): StatementText {
  const marks: number[] = [];
  let bare = '';
  let unended: StatementText['unended'];
  let unclear: StatementText['unclear'];
  let at = 0;
  while (at < text.length) {
    const letter = text[at] as string;
    const end = literalEnd(text, at, rules);
    if (end !== undefined) {
      unended ??= end > text.length ? 'quotes' : undefined;
      unclear ??= rules.backslashEscapes && letter === '"' && text.slice(at, end).includes('\\') ? TWO_WAYS : undefined;
      bare += letter === "'" || letter === '"' ? "''" : 'x';
      at = end;
      continue;
    }
    const after = commentEnd(text, at, rules);
    if (after !== undefined) {
      unended ??= after > text.length ? 'a comment' : undefined;
      unclear ??= rules.serverComments && hidesCode(text.slice(at)) ? HIDDEN : undefined;
      bare += ' ';
      at = after;
      continue;
    }
    if (letter === '?') {
      marks.push(at);
      unclear ??= JOINED.test(`${text[at - 1] ?? ' '}${text[at + 1] ?? ' '}`) ? TOUCHING : undefined;
    }
    bare += letter;
    at += 1;
  }
  const plain = bare.replace(/\s+/g, ' ').trim().toLowerCase();
  return {
    marks,
    bare: plain.replace(/[; ]+$/, ''),
    several: /;[^; ]|; [^; ]/.test(plain.replace(/[; ]+$/, '')) && !COMPOUND.test(plain),
    unended,
    named: rules.namedMarks?.test(bare) === true,
    unclear,
  };
}

const TOUCHING = [
  'blanks or operators around each ?',
  'a ? that touches a name, a number, quotes or another ?',
] as const;
const JOINED = /[\p{L}\p{N}_$.'"`?\\]/u;

/** One server runs what stands in such a comment and another one skips it, by its version. */
const HIDDEN = [
  'no ?, quotes or comments inside of /*! … */ in a statement with values',
  'a comment that only some servers run, with one of them inside',
] as const;
const VERSIONED = /^\/\*M?!(?<code>.*?)\*\//s;

function hidesCode(rest: string): boolean {
  const code = VERSIONED.exec(rest)?.groups?.['code'] ?? '';
  return /[?'"`#]|--|\/\*/.test(code);
}

/** With ANSI_QUOTES such a text is a name, in which a backslash hides nothing. */
const TWO_WAYS = [
  'texts in single quotes, in a statement with values',
  'one in double quotes with a backslash',
] as const;

/** Statements with statements inside. What follows them is for the database to refuse, and each does. */
const COMPOUND =
  /^(?:create\b.*?\b(?:procedure|function|trigger|event|package)\b|alter (?:definer \S+ ?= ?\S+ )?event\b|begin not atomic\b)/;

/** Where the literal or the quoted name ends that begins here; beyond the text where it does not end. */
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
      // a quote that is written twice stands for one
      if (text[at + 1] !== close || close === ']') {
        return at + 1;
      }
      at += 1;
    }
  }
  return text.length + 1;
}

/** Where the comment ends that begins here. What a server runs although it stands in a comment is none. */
function commentEnd(text: string, start: number, { serverComments }: TextRules): number | undefined {
  const next = text[start + 1];
  if (text[start] === '/' && next === '*') {
    const run = serverComments ? /^\/\*M?!\d*/.exec(text.slice(start, start + 12)) : null;
    if (run !== null) {
      return text.includes('*/', start) ? start + run[0].length : text.length + 1;
    }
    const end = text.indexOf('*/', start + 2);
    // SQLite takes a comment that is not ended for one that ends with the text
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
