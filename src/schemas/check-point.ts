import { type CheckedPoint, marketDataPointSchema } from './market-data-point.schema.ts';
import { type Check, checkBy } from './parse.ts';
import { plainPoint } from './plain-point.ts';
import type { DefaultExchange } from './primitives.ts';

/** Checks market data points, those that are text without a fault at once and the others by their schema. */
export function checkPoint(defaultExchange: DefaultExchange): Check<CheckedPoint> {
  const schema = marketDataPointSchema(defaultExchange, { timestampRequired: false });
  return checkBy(schema, (input) => plainPoint(input, defaultExchange));
}
