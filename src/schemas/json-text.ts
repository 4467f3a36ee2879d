import { JSON_DEPTH } from './json-value.ts';

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const HALF_PAIR = /\\u[dD][89a-fA-F]/;

/**
 * Looks for what keeps a text from being stored as JSON on every database, and says what was expected.
 * JavaScript's own parser is not enough: of two values under one key it shows the last, it takes half a
 * surrogate pair, and it turns a number that is too large into Infinity; servers refuse the one or the other.
 */
export function findJsonTextFault(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return 'JSON text';
  }
  if (!text.isWellFormed()) {
    return 'text without half a surrogate pair';
  }
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (letter === '"') {
      const end = endOfString(text, at);
      const string = text.slice(at, end + 1);
      if (HALF_PAIR.test(string) && !(JSON.parse(string) as string).isWellFormed()) {
        return 'text without half a surrogate pair';
      }
      at = end;
    } else if (letter === '[' || letter === '{') {
      depth += 1;
      if (depth > JSON_DEPTH) {
        return `JSON of at most ${JSON_DEPTH} levels of nesting`;
      }
    } else if (letter === ']' || letter === '}') {
      depth -= 1;
    } else if (letter === '-' || (letter !== undefined && letter >= '0' && letter <= '9')) {
      NUMBER.lastIndex = at;
      const number = NUMBER.exec(text)?.[0] ?? letter;
      if (!Number.isFinite(Number(number))) {
        return 'JSON whose numbers a double can hold (write larger ones as text)';
      }
      at += number.length - 1;
    }
  }
  return undefined;
}

/** Where the string that begins at `start` ends; the text is known to be JSON. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') {
    at += text[at] === '\\' ? 2 : 1;
  }
  return at;
}
