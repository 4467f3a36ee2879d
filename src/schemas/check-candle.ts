import { type CheckedCandle, candleSchema } from './candle.schema.ts';
import { type Check, checkBy } from './parse.ts';
import { plainCandle } from './plain-candle.ts';
import type { DefaultExchange } from './primitives.ts';

/** Checks candles, those without a fault at once and the others by their schema. */
export function checkCandle(defaultExchange: DefaultExchange): Check<CheckedCandle> {
  return checkBy(candleSchema(defaultExchange), (input) => plainCandle(input, defaultExchange));
}
