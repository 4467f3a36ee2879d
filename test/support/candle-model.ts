import type { CandleInput, ForceUpdate } from '../../src/index.ts';

/** A candle of one series, as far as the rules of an upsert look at it. */
export interface ModelCandle {
  readonly minute: number;
  readonly close: number;
  readonly closed: boolean;
}

export interface ModelCounts {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** A model of a table of candles, as a map: the same rules, written independently of the library. */
export class CandleModel {
  readonly #byMinute = new Map<number, ModelCandle>();

  /** Stores a batch; of several candles of a minute only the one that counts meets the table. */
  upsert(batch: readonly ModelCandle[], forceUpdate: ForceUpdate): ModelCounts {
    const counts = { inserted: 0, updated: 0, unchanged: 0 };
    for (const candidates of Map.groupBy(batch, ({ minute }) => minute).values()) {
      const closed = candidates.filter((candle) => candle.closed);
      const winner = (forceUpdate === 'unless-closed' && closed.length > 0 ? closed : candidates).at(-1) as ModelCandle;
      counts[this.#meet(winner, forceUpdate)] += 1;
      counts.unchanged += candidates.length - 1;
    }
    return counts;
  }

  /** What is stored, by minute. */
  stored(): ModelCandle[] {
    return [...this.#byMinute.values()].sort((a, b) => a.minute - b.minute);
  }

  #meet(candle: ModelCandle, forceUpdate: ForceUpdate): keyof ModelCounts {
    const stored = this.#byMinute.get(candle.minute);
    if (stored === undefined) {
      this.#byMinute.set(candle.minute, candle);
      return 'inserted';
    }
    const equal = stored.close === candle.close && stored.closed === candle.closed;
    const reopens = stored.closed && !candle.closed;
    if (equal || forceUpdate === false || (forceUpdate === 'unless-closed' && reopens)) {
      return 'unchanged';
    }
    this.#byMinute.set(candle.minute, candle);
    return 'updated';
  }
}

/** The fields of a candle that the model knows, for `candle(minute, changes)`. */
export function inputOf({ close, closed }: ModelCandle): Partial<CandleInput> {
  return { low: 0, open: close, close, high: 1_000_000, closed };
}
