/** The encoding of connections and tables. */
export const CHARSET = 'utf8mb4';

const LOSES = 'letters that it does not have would be lost';
const THREE_BYTES = 'it has no letters of four bytes, such as emoji; those would be lost';
const BACKSLASH = 'a backslash may be a part of its letters, with which quoting cannot be safe';

/** Encodings that people ask for, and why they are not to be had. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ...['utf8', 'utf8mb3'].map((name) => [name, THREE_BYTES] as const),
  ...['big5', 'cp932', 'gb18030', 'gbk', 'sjis'].map((name) => [name, BACKSLASH] as const),
]);

/** Why connections cannot speak in an encoding or collation; `undefined` where they can. */
export function faultOfCharset(charset: string): string | undefined {
  const name = charset.toLowerCase();
  return name === CHARSET || /^utf8mb4_[a-z0-9_]{1,56}$/.test(name) ? undefined : (REFUSED.get(name) ?? LOSES);
}
