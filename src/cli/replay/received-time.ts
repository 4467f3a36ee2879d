/**
 * Parses the time of reception in a capture: Unix seconds with decimals, cut to milliseconds. It works on the digits,
 * since 1649290077.519 times 1000 is 1649290077518.9999 as a number.
 *
 * @example receivedMs('1652459224.5300605') // 1652459224530
 * @returns `undefined` if it is not a time in seconds
 */
export function receivedMs(text: string): number | undefined {
  const match = /^(\d{9,11})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, seconds = '', fraction = ''] = match;
  return Number(seconds + fraction.slice(0, 3).padEnd(3, '0'));
}
