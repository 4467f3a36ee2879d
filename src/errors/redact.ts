/** Far longer than any statement of this library without its values; a longer one is a caller's. */
const LONGEST_SHAPE = 4_000;
/** A longer list of values is shown as their number. No row of this library is longer. */
const LONGEST_LIST = 20;

/** How a database reads quotes and comments. */
export interface Quoting {
  /** Whether a backslash hides the quote behind it. */
  readonly backslashEscapes: boolean;
  /** Whether `#` begins a comment, and `--` only before white space. */
  readonly serverComments: boolean;
  /** Whether names can be written in square brackets. */
  readonly brackets: boolean;
}

/**
 * A statement as it may be shown: `?` for each value, and one row with a count for many rows. Statements carry their
 * values in the text, so the text itself is never shown. Where it becomes uncertain what is a value (an unterminated
 * quote, a comment that some servers run), the whole rest is treated as one.
 *
 * @example redactStatement("insert into `bots` (`name`) values ('a'), ('b')") // insert into `bots` (`name`) values (?) × 2
 * @param quoting without it, what databases read in different ways counts as uncertain
 */
export function redactStatement(sql: string, quoting?: Quoting): string {
  const shape = foldRows(withoutNumbers(withoutTexts(sql, quoting)).replace(LIST, listShape))
    .replace(/\s+/g, ' ')
    .trim();
  return shape.length > LONGEST_SHAPE ? `${shape.slice(0, LONGEST_SHAPE)}…` : shape;
}

const NOTABLE = /['"`[#]|\/\*|--/g;

/** Puts `?` for every text, and nothing for every comment. */
function withoutTexts(sql: string, quoting: Quoting | undefined): string {
  const pieces: string[] = [];
  let at = 0;
  while (at < sql.length) {
    NOTABLE.lastIndex = at;
    const found = NOTABLE.exec(sql);
    const start = found?.index ?? sql.length;
    pieces.push(sql.slice(at, start));
    if (found === null) {
      break;
    }
    const unit = readUnit(sql, start, found[0], quoting);
    if (unit === undefined) {
      pieces.push('?');
      break;
    }
    pieces.push(unit.shown);
    at = unit.end;
  }
  return pieces.join('');
}

interface Unit {
  readonly end: number;
  readonly shown: string;
}

/** What begins with a notable letter; `undefined` where it is not certain what does. */
function readUnit(sql: string, start: number, opening: string, quoting: Quoting | undefined): Unit | undefined {
  switch (opening) {
    case "'":
    case '"':
      return ended(quoteEnd(sql, start, opening, quoting?.backslashEscapes), () => '?');
    case '`':
      return ended(quoteEnd(sql, start, opening, false), (end) => sql.slice(start, end));
    case '[':
      if (quoting?.brackets === false) {
        return { end: start + 1, shown: '[' };
      }
      return quoting && ended(after(sql, ']', start), (end) => sql.slice(start, end));
    case '/*':
      // a server runs what stands in such a comment, literals and all
      return /[!M]/.test(sql[start + 2] ?? '') ? undefined : ended(after(sql, '*/', start + 2), () => ' ');
    default:
      return lineComment(sql, start, opening, quoting);
  }
}

function lineComment(sql: string, start: number, opening: string, quoting: Quoting | undefined): Unit | undefined {
  // before white space a comment everywhere; before anything else a server reads two signs
  const signs = opening === '--' && !/[\s\0]|^$/.test(sql[start + 2] ?? '');
  if ((opening === '#' && quoting?.serverComments !== true) || (signs && quoting === undefined)) {
    return undefined;
  }
  return signs && quoting?.serverComments === true
    ? { end: start + 2, shown: '--' }
    : { end: after(sql, '\n', start) ?? sql.length, shown: ' ' };
}

function ended(end: number | undefined, shown: (end: number) => string): Unit | undefined {
  return end === undefined ? undefined : { end, shown: shown(end) };
}

function after(sql: string, text: string, from: number): number | undefined {
  const at = sql.indexOf(text, from);
  return at < 0 ? undefined : at + text.length;
}

/** Where the quotes end that begin here. */
function quoteEnd(
  sql: string,
  start: number,
  quote: string,
  backslashEscapes: boolean | undefined,
): number | undefined {
  let at = start + 1;
  for (let end = sql.indexOf(quote, at); end >= 0; end = sql.indexOf(quote, at)) {
    let backslashes = 0;
    while (end - 1 - backslashes >= at && sql[end - 1 - backslashes] === '\\') {
      backslashes += 1;
    }
    if (backslashEscapes === undefined && backslashes > 0) {
      return undefined;
    }
    if (backslashEscapes !== false && backslashes % 2 === 1) {
      at = end + 1;
    } else if (sql[end + 1] === quote) {
      // one that is written twice stands for one
      at = end + 2;
    } else {
      return end + 1;
    }
  }
  return undefined;
}

/** Puts `?` for every number, hexadecimal and binary ones included. */
function withoutNumbers(sql: string): string {
  return sql.replace(/(?<![\w$`.])-?\.?\d[\w.]*(?:(?<=[eE])[+-]\d+)?/g, '?');
}

const VALUE = String.raw`\s*(?:(?:[a-z_]\w*\s*)?\?|null|true|false|default)\s*`;
const LIST = new RegExp(String.raw`\(${VALUE}(?:,${VALUE})*\)`, 'gi');

/** A list of values: it shows how many there are, and not which of them are null. */
function listShape(list: string): string {
  const values = list.split(',').length;
  return values > LONGEST_LIST ? `(? × ${values})` : `(${'?, '.repeat(values - 1)}?)`;
}

const ROW = /\(\?[?, ×\d]*\)/g;

/** Puts one row and their number for rows of one shape. */
function foldRows(sql: string): string {
  let folded = '';
  let at = 0;
  for (ROW.lastIndex = 0; ; ROW.lastIndex = at) {
    const found = ROW.exec(sql);
    if (found === null) {
      return folded + sql.slice(at);
    }
    const [row] = found;
    let end = found.index + row.length;
    let rows = 1;
    for (let next = nextRow(sql, end); sql.startsWith(row, next); next = nextRow(sql, end)) {
      rows += 1;
      end = next + row.length;
    }
    folded += sql.slice(at, found.index) + (rows === 1 ? row : `${row} × ${rows}`);
    at = end;
  }
}

const BETWEEN_ROWS = /\s*,\s*/y;

/** Where a further row would begin. */
function nextRow(sql: string, from: number): number {
  BETWEEN_ROWS.lastIndex = from;
  return BETWEEN_ROWS.test(sql) ? BETWEEN_ROWS.lastIndex : sql.length;
}

// up to the last @: a user and a password may hold one that is not encoded
const SECRET = /(\b(?:mysql|mariadb):\/\/[^\s:/]*:)\S*@/gi;

/** Takes the password out of every connection URL in a text. */
export function redactSecrets(text: string): string {
  return text.replace(SECRET, '$1***@');
}

/** Takes the password out of a connection URL, which may hold characters, such as spaces, that end one in a text. */
export function redactUrl(url: string): string {
  return url.replace(/^(\s*(?:mysql|mariadb):(?:\/\/)?[^:]*:)[\s\S]*@/i, '$1***@');
}
