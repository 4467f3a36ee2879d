/**
 * Characters that a terminal acts on instead of showing: control characters (C0, DEL, C1), line separators, and marks
 * that change the direction of text. Source: Unicode UAX #9, "Directional Formatting Characters".
 */
const CONTROL = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text from outside, to be shown in one line: control characters and line breaks as `\u001b`. */
export function printable(text: string): string {
  return text.replace(CONTROL, escaped);
}

/** The same for a text of several lines, which it keeps. JSON stays valid JSON of the same value. */
export function printableLines(text: string): string {
  return text.replace(CONTROL, (character) => (character === '\n' ? character : escaped(character)));
}

const PLAIN = /^[!-~]+$/;

/** A name in a line of a log: in quotes where it could be taken for something else. */
export function printableName(name: string): string {
  return PLAIN.test(name) ? name : printable(JSON.stringify(name));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
