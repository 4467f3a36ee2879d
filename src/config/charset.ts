/** The character set of connections and tables. */
export const CHARSET = 'utf8mb4';

const LOSES = 'characters that it does not have would be lost';
const THREE_BYTES = 'it has no characters of four bytes, such as emoji; those would be lost';
const BACKSLASH = 'a backslash may be part of one of its characters, which makes quoting unsafe';

/** Common character sets that are refused, and why. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ...['utf8', 'utf8mb3'].map((name) => [name, THREE_BYTES] as const),
  ...['big5', 'cp932', 'gb18030', 'gbk', 'sjis'].map((name) => [name, BACKSLASH] as const),
]);

/** Why connections cannot use a character set or collation; `undefined` if they can. */
export function faultOfCharset(charset: string): string | undefined {
  const name = charset.toLowerCase();
  return name === CHARSET || /^utf8mb4_[a-z0-9_]{1,56}$/.test(name) ? undefined : (REFUSED.get(name) ?? LOSES);
}
