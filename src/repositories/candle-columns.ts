import type { Fields } from '../dialects/driver/physical-connection.ts';
import type { MarketData } from '../entities/market-data.entity.ts';

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

const FIRST_CAPACITY = 4_096;

/** Gathers rows into columns, without an object for each row. @internal */
export class ColumnsBuilder {
  #length = 0;
  #startTime = new Float64Array(FIRST_CAPACITY);
  #open = new Float64Array(FIRST_CAPACITY);
  #high = new Float64Array(FIRST_CAPACITY);
  #low = new Float64Array(FIRST_CAPACITY);
  #close = new Float64Array(FIRST_CAPACITY);
  #volume = new Float64Array(FIRST_CAPACITY);

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
      startTime: this.#startTime.slice(0, length),
      open: this.#open.slice(0, length),
      high: this.#high.slice(0, length),
      low: this.#low.slice(0, length),
      close: this.#close.slice(0, length),
      volume: this.#volume.slice(0, length),
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
