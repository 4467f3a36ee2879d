const EXCERPT_LENGTH = 200;

/**
 * A statement as it may be shown: literals replaced by `?`, lists of rows folded, cut short.
 * Statements of the ORM carry their values in the text, so the text itself is never shown.
 *
 * @example redactStatement("insert into `bots` (`name`) values ('secret')") // insert into `bots` (`name`) values (?)
 */
export function redactStatement(sql: string, length = EXCERPT_LENGTH): string {
  // the head is enough: a bulk insert of megabytes says no more than its first lines
  const head = sql
    .slice(0, length * 10)
    // all from the first quote to the last: whether a backslash hides a quote differs between databases
    .replace(sql.length > length * 10 ? /['"].*$/s : /['"].*['"]|['"].*$/s, '?')
    .replace(/(?<![\w`])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w`])/gi, '?')
    .replace(/\(\s*\?(?:\s*,\s*\?)*\s*\)/g, '(?)')
    .replace(/\(\?\)(?:\s*,\s*\(\?\))+/g, '(?), …')
    .replace(/\s+/g, ' ')
    .trim();
  return head.length > length ? `${head.slice(0, length)}…` : head;
}

// up to the last @: a password may hold one that is not encoded
const SECRET = /(\b(?:mysql|mariadb):\/\/[^\s:/@]*:)\S*@/gi;

/** Takes the password out of every connection URL in a text. */
export function redactSecrets(text: string): string {
  return text.replace(SECRET, '$1***@');
}
