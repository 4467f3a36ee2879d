import type { ForceUpdate, SpooledRow } from '../../index.ts';
import { linesOf, type TextLine } from '../text-lines.ts';
import { ROWS_PER_BATCH } from './parsed-row.ts';

type Kind = SpooledRow['kind'];

/** Rows that are written in the same way, in the order of their lines. */
export interface SpoolLines {
  readonly kind: Kind;
  readonly forceUpdate: ForceUpdate;
  readonly rows: unknown[];
  readonly lines: number[];
  readonly faults: { readonly line: number; readonly fault: string }[];
  /** Number of refused rows that are skipped. */
  leftOut: number;
}

const FORM = 'a line of `tradestore spool export`: {"kind", "forceUpdate", "at", "refused", "row"}';
const KINDS: ReadonlySet<unknown> = new Set(['candle', 'raw-trade']);
const MODES: ReadonlySet<unknown> = new Set([true, false, 'unless-closed']);

/**
 * Reads the output of `spool export` in its order, in which its rows can be stored one by one. Those that the database
 * refused never replace what is stored.
 *
 * @param refused whether to store those too
 */
export async function* batchesOfSpool(
  chunks: AsyncIterable<Buffer>,
  refused: boolean,
): AsyncGenerator<SpoolLines, void, undefined> {
  let batch = empty('candle', false);
  for await (const textLine of linesOf(chunks)) {
    const line = readLine(textLine);
    if (line === undefined) {
      continue;
    }
    if ('fault' in line) {
      batch.faults.push({ line: textLine.number, fault: line.fault });
      continue;
    }
    if (line.refused && !refused) {
      batch.leftOut += 1;
      continue;
    }
    const forceUpdate = line.refused ? false : line.forceUpdate;
    if (batch.kind !== line.kind || batch.forceUpdate !== forceUpdate || batch.rows.length === ROWS_PER_BATCH) {
      yield inOrder(batch);
      batch = empty(line.kind, forceUpdate);
    }
    batch.rows.push(line.row);
    batch.lines.push(textLine.number);
  }
  yield inOrder(batch);
}

/** Inside a batch the last version of a candle wins, but one by one the first, where stored candles are kept. */
function inOrder(batch: SpoolLines): SpoolLines {
  const { kind, forceUpdate, rows, lines } = batch;
  return kind === 'candle' && forceUpdate === false
    ? { ...batch, rows: rows.toReversed(), lines: lines.toReversed() }
    : batch;
}

interface Line {
  readonly kind: Kind;
  readonly forceUpdate: ForceUpdate;
  readonly refused: boolean;
  readonly row: unknown;
}

function readLine({ text, fault }: TextLine): Line | { readonly fault: string } | undefined {
  if (text === undefined) {
    return { fault: fault ?? FORM };
  }
  if (text.trim() === '') {
    return undefined;
  }
  const value = objectIn(text);
  const { kind, forceUpdate = false, refused = null, row } = value ?? {};
  return KINDS.has(kind) && MODES.has(forceUpdate)
    ? { kind: kind as Kind, forceUpdate: forceUpdate as ForceUpdate, refused: refused !== null, row }
    : { fault: `expected ${FORM}` };
}

/** Decimals are text in these lines, so nothing is rounded. */
function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function empty(kind: Kind, forceUpdate: ForceUpdate): SpoolLines {
  return { kind, forceUpdate, rows: [], lines: [], faults: [], leftOut: 0 };
}
