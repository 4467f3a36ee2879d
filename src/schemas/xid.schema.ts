import { z } from 'zod';
import { object, rule, whole } from './primitives.ts';

/** The name of a two-phase transaction. All branches of a global transaction have the same `gtrid`. */
export interface Xid {
  /** Global transaction id: text of 1 to 64 bytes. */
  readonly gtrid: string;
  /** Branch qualifier: text of at most 64 bytes. @default '' */
  readonly bqual?: string | undefined;
  /** A whole number from 0 to 2147483647. @default 1, the default of servers */
  readonly formatId?: number | undefined;
}

/** A name: text is the `gtrid`. */
export type XidInput = string | Xid;

const LONGEST_BYTES = 64;

function text(least: number) {
  return rule<string>((input) =>
    typeof input === 'string' &&
    Buffer.byteLength(input) >= least &&
    Buffer.byteLength(input) <= LONGEST_BYTES &&
    input.isWellFormed() &&
    !/\p{Cc}/u.test(input)
      ? { ok: true, value: input }
      : { ok: false, expected: `text of ${least} to ${LONGEST_BYTES} bytes in UTF-8 without control characters` },
  );
}

const xid = object('a name: text, or { gtrid, bqual, formatId }', {
  gtrid: text(1),
  bqual: text(0).default(''),
  formatId: whole(0, 2_147_483_647).default(1),
});

export const xidSchema = z.preprocess(
  (input) => (typeof input === 'string' ? { gtrid: input } : input),
  xid,
) as z.ZodType<Required<Xid>>;
