import type { Series } from '../../index.ts';
import type { CandleRow } from './candle-row.ts';

// a capture has some dozens; this bounds memory for any input
const MOST = 1_000;

/** The series of a capture in the order of their first candles, and the candle rows without a series. */
export class SeriesSeen {
  readonly #series = new Map<string, Series>();
  readonly #skipped = new Map<string, number>();

  get all(): Series[] {
    return [...this.#series.values()];
  }

  /** Why rows were skipped, and how many for each reason. */
  get skipped(): { reason: string; rows: number }[] {
    return [...this.#skipped].map(([reason, rows]) => ({ reason, rows }));
  }

  see(rows: readonly CandleRow[]): void {
    for (const row of rows) {
      if ('candle' in row && this.#series.size < MOST) {
        const { exchange, symbol, timeframe } = row.candle;
        this.#series.set([exchange, symbol, timeframe].join('\u0000'), { exchange, symbol, timeframe });
      }
    }
  }

  skip(reason: string, rows: number): void {
    if (this.#skipped.size < MOST || this.#skipped.has(reason)) {
      this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + rows);
    }
  }
}
