const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** A whole number with its thousands apart: `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** A number of things: `1 row`, `2 rows`. */
export function plural(count: number, thing: string, things = `${thing}s`): string {
  return `${formatCount(count)} ${count === 1 ? thing : things}`;
}

/** A size: `512 bytes`, `1.4 MB`. */
export function formatBytes(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}

/** An instant in ISO 8601 and UTC, without milliseconds where there are none. */
export function formatTime(time: Date | null): string {
  return time === null ? '-' : time.toISOString().replace('.000Z', 'Z');
}

/**
 * What a terminal would obey instead of showing it: control characters (C0, DEL, C1), separators of lines, and
 * marks that turn the direction of text around. Source: Unicode UAX #9, "Directional Formatting Characters".
 */
const OBEYED = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text that was read, to be shown in one line. */
export function printable(text: string): string {
  return text.replace(OBEYED, escaped);
}

/** All that goes to a terminal, in its own lines; JSON stays the JSON that it is. */
export function visible(text: string): string {
  return text.replace(OBEYED, (character) => (character === '\n' ? character : escaped(character)));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Pads decimals behind the point, so that a right-aligned column has its points in one line. */
export function alignPoints(decimals: readonly string[]): string[] {
  const fractionOf = (text: string): number => (text.includes('.') ? text.length - text.indexOf('.') : 0);
  const widest = Math.max(0, ...decimals.map(fractionOf));
  return decimals.map((text) => text + ' '.repeat(widest - fractionOf(text)));
}
