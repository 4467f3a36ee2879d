import type { CandleInput } from '../../index.ts';
import { DEFAULT_PRICE_TYPE } from '../../text/price-type.ts';
import { candleEndMs } from '../../time/timeframe.ts';
import type { SeriesOfFile } from './parsed-row.ts';

const NEWLINE = 10;
const COMMA = 44;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
// milliseconds have 13 digits, microseconds 16
const TIME_DIGITS = 16;
const MICROSECONDS_FROM = 100_000_000_000_000;
const LONGEST_COUNT = 10;

/**
 * Parses rows directly from the bytes of the file, if they are written as Binance writes them: digits, points and commas
 * only. Parsing is most of the work of an import, and decoding to text first would cost three times as much. Any other
 * row is left to `parseBinanceRow`, which says what is wrong with it.
 */
export class BinanceBytes {
  readonly #series: SeriesOfFile;
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(series: SeriesOfFile) {
    this.#series = series;
  }

  /**
   * Parses the row that starts at an offset and ends with a line end; `undefined` if it is not a plain one, and for prices
   * other than those of trades.
   */
  read(bytes: Buffer, start: number): CandleInput | undefined {
    if (this.#series.priceType !== DEFAULT_PRICE_TYPE) {
      return undefined;
    }
    this.#bytes = bytes;
    this.#at = start;
    const startTime = this.#whole(TIME_DIGITS);
    const open = this.#decimal();
    const high = this.#decimal();
    const low = this.#decimal();
    const close = this.#decimal();
    const volume = this.#decimal();
    const closeTime = this.#whole(TIME_DIGITS);
    const quoteVolume = this.#decimal();
    const tradeCount = this.#whole(LONGEST_COUNT);
    const takerBuyVolume = this.#decimal();
    const takerBuyQuoteVolume = this.#decimal();
    if (
      startTime === undefined ||
      open === undefined ||
      high === undefined ||
      low === undefined ||
      close === undefined ||
      volume === undefined ||
      closeTime === undefined ||
      tradeCount === undefined ||
      // empty ones are left to the other parser
      !quoteVolume ||
      !takerBuyVolume ||
      !takerBuyQuoteVolume ||
      !this.#last()
    ) {
      return undefined;
    }
    const { exchange, symbol, timeframe, priceType } = this.#series;
    const unitsPerMs = startTime >= MICROSECONDS_FROM ? 1_000 : 1;
    const startMs = startTime / unitsPerMs;
    const endMs = Number.isInteger(startMs) ? candleEndMs(startMs, timeframe) : undefined;
    return endMs !== undefined && closeTime + 1 === endMs * unitsPerMs
      ? {
          exchange,
          symbol,
          timeframe,
          priceType,
          startTime: startMs,
          open,
          high,
          low,
          close,
          volume,
          quoteVolume,
          takerBuyVolume,
          takerBuyQuoteVolume,
          tradeCount,
        }
      : undefined;
  }

  /** A field of digits only, without a leading zero. */
  #whole(mostDigits: number): number | undefined {
    const bytes = this.#bytes;
    const start = this.#at;
    let value = 0;
    let at = start;
    for (; bytes[at] !== COMMA; at += 1) {
      const digit = (bytes[at] as number) - ZERO;
      if (!(digit >= 0 && digit <= 9)) {
        return undefined;
      }
      value = value * 10 + digit;
    }
    const digits = at - start;
    const exact = digits > 0 && digits <= mostDigits && value <= Number.MAX_SAFE_INTEGER;
    if (!exact || (digits > 1 && bytes[start] === ZERO)) {
      return undefined;
    }
    this.#at = at + 1;
    return value;
  }

  /** A field of digits and points; the library checks whether it is a decimal. */
  #decimal(): string | undefined {
    const bytes = this.#bytes;
    const start = this.#at;
    let at = start;
    for (; bytes[at] !== COMMA; at += 1) {
      const letter = bytes[at] as number;
      if (!((letter >= ZERO && letter <= NINE) || letter === POINT)) {
        return undefined;
      }
    }
    this.#at = at + 1;
    return bytes.toString('latin1', start, at);
  }

  /** Skips the last field with the line end. */
  #last(): boolean {
    const bytes = this.#bytes;
    let at = this.#at;
    while (bytes[at] !== NEWLINE) {
      if (at >= bytes.length || bytes[at] === COMMA) {
        return false;
      }
      at += 1;
    }
    this.#at = at + 1;
    return true;
  }
}
