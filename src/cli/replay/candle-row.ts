import type { CandleInput } from '../../index.ts';
import { DEFAULT_PRICE_TYPE } from '../../text/price-type.ts';
import { candleEnd } from '../../time/timeframe.ts';
import type { ExactJson } from '../exact-json.ts';
import type { ParsedRow, SeriesOfFile } from '../import/parsed-row.ts';

/** What the row itself does not contain. */
export interface RowContext extends SeriesOfFile {
  readonly receivedMs: number;
}

const LEAST_FIELDS = 6;
const CONFIRM = 8;
const CONFIRM_WITHOUT_VOLUME = 5;
const VOLUME = 5;
const VOLUME_IN_BASE = 6;
const VOLUME_IN_QUOTE = 7;

/**
 * Parses a row `[ts, o, h, l, c, vol, volCcy, volCcyQuote, confirm]`, or a shorter one without `confirm`; of mark and index
 * prices, which have no volume, `[ts, o, h, l, c, confirm]`. `confirm` says whether the candle is closed; without it, the candle is closed if its interval had ended when it was received. The
 * current time does not matter, so a replay always gives the same result.
 */
export function readCandleRow(row: ExactJson, context: RowContext): ParsedRow {
  if (!Array.isArray(row) || row.length < LEAST_FIELDS) {
    return {
      fault: `expected a candle [ts, open, high, low, close, volume, …], received ${JSON.stringify(row).slice(0, 60)}`,
    };
  }
  const [time, open, high, low, close] = row;
  if (typeof time !== 'string' || !/^\d{1,16}$/.test(time)) {
    return { fault: `ts: expected milliseconds since 1970, received ${JSON.stringify(time)}` };
  }
  const startMs = Number(time);
  const closed = isClosed(row, startMs, context);
  if (closed === undefined) {
    return { fault: `confirm: expected "0" or "1", received ${JSON.stringify(row[confirmOf(context)])}` };
  }
  const { receivedMs: _ignored, ...series } = context;
  const prices = { ...series, startTime: startMs, open, high, low, close, closed };
  if (series.priceType !== DEFAULT_PRICE_TYPE) {
    return { candle: { ...prices, volume: '0' } as CandleInput };
  }
  const volume = row[isContract(series.symbol) && row.length > VOLUME_IN_BASE ? VOLUME_IN_BASE : VOLUME];
  const quoteVolume = row.length > CONFIRM ? row[VOLUME_IN_QUOTE] || null : null;
  // the library refuses what is not a decimal, and names its field
  return { candle: { ...prices, volume, quoteVolume } as CandleInput };
}

function isClosed(row: readonly ExactJson[], startMs: number, context: RowContext): boolean | undefined {
  const confirm = confirmOf(context);
  if (row.length > confirm) {
    return row[confirm] === '1' ? true : row[confirm] === '0' ? false : undefined;
  }
  const end = candleEnd(new Date(startMs), context.timeframe);
  return end !== undefined && context.receivedMs >= end.getTime();
}

function confirmOf({ priceType }: RowContext): number {
  return priceType === DEFAULT_PRICE_TYPE ? CONFIRM : CONFIRM_WITHOUT_VOLUME;
}

/** OKX gives the volume of swaps, futures and options in contracts, followed by the volume in the base currency. */
function isContract(symbol: string): boolean {
  return /-SWAP$|-\d{6}(-|$)/.test(symbol);
}
