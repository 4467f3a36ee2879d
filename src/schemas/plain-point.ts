import {
  DATA_TYPE_LENGTH,
  EXCHANGE_LENGTH,
  RAW_DATA_BYTES,
  SOURCE_ID_LENGTH,
  SYMBOL_LENGTH,
} from '../text/column-lengths.ts';
import { checkName } from '../text/name.ts';
import { parseInstant } from '../time/instant.ts';
import { findJsonTextFault } from './json-text.ts';
import type { CheckedPoint, MarketDataPoint, RawWebsocketData } from './market-data-point.schema.ts';
import { isPlainObject } from './plain-object.ts';
import type { DefaultExchange } from './primitives.ts';

const FIELDS: ReadonlySet<string> = new Set<keyof MarketDataPoint | keyof RawWebsocketData>([
  'exchange',
  'symbol',
  'dataType',
  'timestamp',
  'sourceId',
  'receivedAt',
  'payload',
  'rawData',
]);

/**
 * Checks a market data point that is text and has no fault, as nearly all are. It gives what the schema
 * gives; `undefined` leaves the point, and the words about its faults, to the schema.
 */
export function plainPoint(input: unknown, defaultExchange: DefaultExchange): CheckedPoint | undefined {
  if (!isPlainObject(input, FIELDS)) {
    return undefined;
  }
  const { exchange = defaultExchange(), symbol, dataType, sourceId, payload, rawData } = input;
  const text = payload ?? rawData;
  if (
    typeof text !== 'string' ||
    (payload !== undefined && rawData !== undefined) ||
    checkName(exchange, EXCHANGE_LENGTH) !== undefined ||
    checkName(symbol, SYMBOL_LENGTH) !== undefined ||
    checkName(dataType, DATA_TYPE_LENGTH) !== undefined ||
    (sourceId !== undefined && checkName(sourceId, SOURCE_ID_LENGTH) !== undefined) ||
    Buffer.byteLength(text) > RAW_DATA_BYTES ||
    findJsonTextFault(text) !== undefined
  ) {
    return undefined;
  }
  const receivedAt = instantOr(new Date(), input['receivedAt']);
  const timestamp = receivedAt && instantOr(receivedAt, input['timestamp']);
  if (receivedAt === undefined || timestamp === undefined) {
    return undefined;
  }
  return {
    exchange: exchange as string,
    symbol: symbol as string,
    dataType: dataType as string,
    timestamp,
    sourceId: sourceId as string | undefined,
    receivedAt,
    rawData: text,
  };
}

function instantOr(otherwise: Date, input: unknown): Date | undefined {
  if (input === undefined) {
    return otherwise;
  }
  const parsed = parseInstant(input);
  return parsed.ok ? parsed.value : undefined;
}
