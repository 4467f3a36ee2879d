const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;

/** A whole number with thousands separators: `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

/** A count with its noun: `1 row`, `2 rows`. */
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

/** An instant as ISO 8601 text in UTC, without milliseconds if they are zero. */
export function formatTime(time: Date | null): string {
  return time === null ? '-' : time.toISOString().replace('.000Z', 'Z');
}

/** Pads decimals on the right, so that the points of a right-aligned column are in one line. */
export function alignPoints(decimals: readonly string[]): string[] {
  const fractionOf = (text: string): number => (text.includes('.') ? text.length - text.indexOf('.') : 0);
  const widest = Math.max(0, ...decimals.map(fractionOf));
  return decimals.map((text) => text + ' '.repeat(widest - fractionOf(text)));
}
