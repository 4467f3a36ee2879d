import { JSON_DEPTH } from './json-value.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const HALF_PAIR = /\\u[dD][89a-fA-F]/;
// only such a number can be too large for a double; strings may match too, so this only rules out the rest
const MAYBE_LARGE = /\d[eE]\+?\d{3}|\d{200}/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * Returns what was expected where a text cannot be stored as JSON on every database. JavaScript's own parser is not
 * enough: it accepts half a surrogate pair and turns a number that is too large into Infinity, and some servers refuse
 * either.
 */
export function findJsonTextFault(text: string): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return 'JSON text';
  }
  if (!text.isWellFormed() || (HALF_PAIR.test(text) && hasHalfPair(text))) {
    return 'text without half a surrogate pair';
  }
  if (isDeep(text)) {
    return `JSON of at most ${JSON_DEPTH} levels of nesting`;
  }
  if (MAYBE_LARGE.test(text) && hasLargeNumber(text)) {
    return 'JSON whose numbers a double can hold (write larger ones as text)';
  }
  return undefined;
}

/** Whether a valid JSON text is nested deeper than every database accepts. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charCodeAt(at);
    if (letter === QUOTE) {
      at = endOfString(text, at);
    } else if (letter === OPENING_BRACKET || letter === OPENING_BRACE) {
      depth += 1;
      if (depth > JSON_DEPTH) {
        return true;
      }
    } else if (letter === CLOSING_BRACKET || letter === CLOSING_BRACE) {
      depth -= 1;
    }
  }
  return false;
}

function hasHalfPair(text: string): boolean {
  return [...stringsAndNumbers(text)].some(
    (part) => part.startsWith('"') && !(JSON.parse(part) as string).isWellFormed(),
  );
}

function hasLargeNumber(text: string): boolean {
  return [...stringsAndNumbers(text)].some((part) => !part.startsWith('"') && !Number.isFinite(Number(part)));
}

function* stringsAndNumbers(text: string): Generator<string, void, undefined> {
  for (let at = 0; at < text.length; at += 1) {
    const start = at;
    if (text.charCodeAt(at) === QUOTE) {
      at = endOfString(text, at);
      yield text.slice(start, at + 1);
    } else {
      NUMBER.lastIndex = at;
      const number = NUMBER.exec(text)?.[0];
      if (number !== undefined) {
        at += number.length - 1;
        yield number;
      }
    }
  }
}

/** The index of the closing quote of the string that begins at `start`, in a valid JSON text. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  for (let letter = text.charCodeAt(at); letter !== QUOTE; letter = text.charCodeAt(at)) {
    at += letter === BACKSLASH ? 2 : 1;
  }
  return at;
}
