import { randomUUID } from 'node:crypto';

const COUNTS_PER_MS = 0x1000;

let lastMs = 0;
let count = 0;

/**
 * Makes a UUID of version 7: ids of one process sort in the order in which they were made. After the time come 12 bits
 * that count within a millisecond and 62 random bits. Source: RFC 9562, sections 5.7 and 6.2 (method 1).
 */
export function timeOrderedId(): string {
  const now = Date.now();
  count += 1;
  if (now > lastMs) {
    lastMs = now;
    count = 0;
  } else if (count === COUNTS_PER_MS) {
    // a clock that is set back, or too many ids in one millisecond: run ahead of the clock, to keep the order
    lastMs += 1;
    count = 0;
  }
  const time = lastMs.toString(16).padStart(12, '0');
  const order = count.toString(16).padStart(3, '0');
  // a random UUID of version 4 ends with the two bits of the variant and 62 random ones
  return `${time.slice(0, 8)}-${time.slice(8)}-7${order}-${randomUUID().slice(19)}`;
}
