import type { Fields } from '../../databases/physical-connection.ts';
import type { MarketData } from '../../entities/market-data.entity.ts';

/**
 * Candles by column, the n-th number of each column being of the n-th candle. These are doubles, the only
 * place where prices are: good for indicators and backtests, not for the exact amounts of an order.
 */
export interface CandleColumns {
  /** How many candles. */
  readonly length: number;
  /** Start of the interval, in milliseconds since 1970 UTC. */
  readonly startTime: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  /** Traded amount, in the base currency. */
  readonly volume: Float64Array;
}

/** What is read of a candle, in the order in which {@link ColumnsBuilder} reads it. */
export const COLUMN_PROPERTIES = [
  'startTime',
  'open',
  'high',
  'low',
  'close',
  'volume',
] as const satisfies readonly (keyof MarketData)[];

// a range may be long and hold little
const LARGEST_FIRST_CAPACITY = 65_536;
const LEAST_CAPACITY = 16;

/** Gathers rows into columns, without an object for each row. @internal */
export class ColumnsBuilder {
  #length = 0;
  #startTime: Float64Array<ArrayBuffer>;
  #open: Float64Array<ArrayBuffer>;
  #high: Float64Array<ArrayBuffer>;
  #low: Float64Array<ArrayBuffer>;
  #close: Float64Array<ArrayBuffer>;
  #volume: Float64Array<ArrayBuffer>;

  /**
   * @param expected how many rows there probably are: columns that grow are copied, and what is left behind of
   *   them costs more than all the decoding
   */
  constructor(expected: number) {
    const capacity = Math.max(LEAST_CAPACITY, Math.min(expected, LARGEST_FIRST_CAPACITY));
    this.#startTime = new Float64Array(capacity);
    this.#open = new Float64Array(capacity);
    this.#high = new Float64Array(capacity);
    this.#low = new Float64Array(capacity);
    this.#close = new Float64Array(capacity);
    this.#volume = new Float64Array(capacity);
  }

  add(fields: Fields): void {
    const at = this.#length;
    if (at === this.#startTime.length) {
      this.#grow();
    }
    this.#startTime[at] = fields.instant();
    this.#open[at] = fields.double();
    this.#high[at] = fields.double();
    this.#low[at] = fields.double();
    this.#close[at] = fields.double();
    this.#volume[at] = fields.double();
    this.#length = at + 1;
  }

  build(): CandleColumns {
    const length = this.#length;
    return {
      length,
      startTime: cut(this.#startTime, length),
      open: cut(this.#open, length),
      high: cut(this.#high, length),
      low: cut(this.#low, length),
      close: cut(this.#close, length),
      volume: cut(this.#volume, length),
    };
  }

  #grow(): void {
    this.#startTime = doubled(this.#startTime);
    this.#open = doubled(this.#open);
    this.#high = doubled(this.#high);
    this.#low = doubled(this.#low);
    this.#close = doubled(this.#close);
    this.#volume = doubled(this.#volume);
  }
}

function doubled(column: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(column.length * 2);
  larger.set(column);
  return larger;
}

function cut(column: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  return column.length === length ? column : column.slice(0, length);
}
