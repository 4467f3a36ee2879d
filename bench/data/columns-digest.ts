import { crc32 } from 'node:zlib';
import type { Columns } from '../contender.ts';
import { toColumns } from './columns.ts';
import type { Digest } from './digest.ts';

/** Of typed arrays: by their bytes, in the order of the columns' names below. */
export function columnsDigest({ startTime, open, high, low, close, volume }: Columns): Digest {
  const sum = [startTime, open, high, low, close, volume].reduce(
    (total, { buffer, byteOffset, byteLength }) => total + crc32(new Uint8Array(buffer, byteOffset, byteLength)),
    0,
  );
  return { rows: startTime.length, sum };
}

/** What a ceiling leaves as bytes: start time, open, high, low, close and volume of each row. */
export function columnsOfBytes(rows: readonly unknown[][]): Columns {
  return toColumns(
    rows.map(([startTime, open, high, low, close, volume]) => ({ startTime, open, high, low, close, volume })),
    ({ startTime }) => Date.parse(`${String(startTime).replace(' ', 'T')}Z`),
  );
}
