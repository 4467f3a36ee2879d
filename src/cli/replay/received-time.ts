/**
 * Reads the time of reception in a capture: Unix seconds with up to some decimals, cut to milliseconds.
 * By its digits, since multiplying 1649290077.519 by 1000 as a number gives 1649290077518.9999.
 *
 * @example receivedMs('1652459224.5300605') // 1652459224530
 * @returns `undefined` where it is no time in seconds
 */
export function receivedMs(text: string): number | undefined {
  const match = /^(\d{9,11})(?:\.(\d{1,9}))?$/.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, seconds = '', fraction = ''] = match;
  return Number(seconds + fraction.slice(0, 3).padEnd(3, '0'));
}
