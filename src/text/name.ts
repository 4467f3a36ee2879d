// nearly every name consists of these characters, and needs only this one look
const PLAIN_NAME = /^[!-~]+$/;

/** What was expected of text that is stored as a name or as part of a key; `undefined` where nothing is wrong. */
export function checkName(input: unknown, longest: number): string | undefined {
  if (typeof input !== 'string' || input === '') {
    return `text of 1 to ${longest} characters`;
  }
  if (input.length <= longest && PLAIN_NAME.test(input)) {
    return undefined;
  }
  // the column counts characters and JavaScript counts UTF-16 units, of which there are never fewer
  if (input.length > longest && [...input].length > longest) {
    return `text of at most ${longest} characters (it is never cut)`;
  }
  if (input.trim() !== input) {
    return 'text that neither starts nor ends in white space';
  }
  // Node 22 ends a text that it reads from SQLite at a NUL
  if (input.includes('\0')) {
    return 'text without the character U+0000';
  }
  return input.isWellFormed() ? undefined : 'text without half a surrogate pair';
}
