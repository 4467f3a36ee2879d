import { z } from 'zod';
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
import { findJsonFault, type JsonFault, type JsonValue } from './json-value.ts';
import { type Check, isPlainObject, quickCheck } from './parse.ts';
import { type DefaultExchange, type InstantInput, instant, name, object } from './primitives.ts';

/** The kind of a message: one of the usual ones, or any text of your own. */
export type DataType = 'trade' | 'candle' | 'ticker' | 'orderbook' | (string & {});

interface PointFields {
  /** @default the instance's `defaultExchange` */
  readonly exchange?: string | undefined;
  readonly symbol: string;
  readonly dataType: DataType;
  /** The exchange's own id of the message. @default a unique, time-ordered id, made before the first attempt */
  readonly sourceId?: string | undefined;
  /** When the message was received. @default now */
  readonly receivedAt?: InstantInput | undefined;
}

/** One message of a data stream. */
export interface MarketDataPoint extends PointFields {
  /** The time that the exchange gave the message. */
  readonly timestamp: InstantInput;
  /** JSON text, stored exactly as it is; or a JSON value, stored as `JSON.stringify` writes it. */
  readonly payload: string | JsonValue;
}

/** One message as it came from a websocket. */
export interface RawWebsocketData extends PointFields {
  /** The time that the exchange gave the message. @default receivedAt */
  readonly timestamp?: InstantInput | undefined;
  /** JSON text, stored exactly as it is; or a JSON value, stored as `JSON.stringify` writes it. */
  readonly rawData: string | JsonValue;
}

/** A point that was checked: every field is there, in its normal form, except a `sourceId` that was not given. */
export interface CheckedPoint {
  readonly exchange: string;
  readonly symbol: string;
  readonly dataType: string;
  readonly timestamp: Date;
  readonly sourceId: string | undefined;
  readonly receivedAt: Date;
  readonly rawData: string;
}

const FIELDS = {
  exchange: name(EXCHANGE_LENGTH).optional(),
  symbol: name(SYMBOL_LENGTH),
  dataType: name(DATA_TYPE_LENGTH),
  timestamp: instant.optional(),
  sourceId: name(SOURCE_ID_LENGTH).optional(),
  receivedAt: instant.optional(),
  payload: z.unknown().optional(),
  rawData: z.unknown().optional(),
};
const FIELD_NAMES: ReadonlySet<string> = new Set(Object.keys(FIELDS));

/** Checks a point. One that is text and has no fault, as nearly all are, takes a fraction of the time that the schema takes. */
export function pointCheck(defaultExchange: DefaultExchange): Check<CheckedPoint> {
  const schema = marketDataPointSchema(defaultExchange, { timestampRequired: false });
  return quickCheck(schema, (input) => quickPoint(input, defaultExchange));
}

/**
 * Checks a point. `payload` and `rawData` are two names of one field, so that a row that was read can be written
 * again as it is; exactly one of them must be given.
 */
export function marketDataPointSchema(
  defaultExchange: DefaultExchange,
  options: { readonly timestampRequired: boolean },
): z.ZodType<CheckedPoint, unknown> {
  const timestamp = options.timestampRequired ? instant : instant.optional();
  return object('a market data point', { ...FIELDS, timestamp }).transform((point, context) => {
    const field = point.payload === undefined ? 'rawData' : 'payload';
    const fault = (path: (string | number)[], message: string, input: unknown): never => {
      context.issues.push({ code: 'custom', path: [field, ...path], message, input });
      return z.NEVER;
    };
    const data = point.payload === undefined ? point.rawData : point.payload;
    if (data === undefined || (point.payload !== undefined && point.rawData !== undefined)) {
      const received = data === undefined ? undefined : 'both';
      return fault([], 'JSON text or a JSON value, under one name: payload or rawData', received);
    }
    const found = typeof data === 'string' ? textFault(data) : findJsonFault(data);
    if (found !== undefined) {
      return fault(found.path, found.expected, found.received);
    }
    const rawData = typeof data === 'string' ? data : JSON.stringify(data);
    if (Buffer.byteLength(rawData) > RAW_DATA_BYTES) {
      return fault([], `at most ${RAW_DATA_BYTES} bytes of text`, rawData);
    }
    const receivedAt = point.receivedAt ?? new Date();
    return {
      exchange: point.exchange ?? defaultExchange(),
      symbol: point.symbol,
      dataType: point.dataType,
      timestamp: point.timestamp ?? receivedAt,
      sourceId: point.sourceId,
      receivedAt,
      rawData,
    };
  });
}

/**
 * Returns what the schema returns for a point that is text and has no fault; `undefined` leaves the point, and the text
 * of its errors, to the schema.
 */
export function quickPoint(input: unknown, defaultExchange: DefaultExchange): CheckedPoint | undefined {
  if (!isPlainObject(input, FIELD_NAMES)) {
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

function textFault(received: string): JsonFault | undefined {
  const expected = findJsonTextFault(received);
  return expected === undefined ? undefined : { path: [], expected, received };
}

function instantOr(otherwise: Date, input: unknown): Date | undefined {
  if (input === undefined) {
    return otherwise;
  }
  const parsed = parseInstant(input);
  return parsed.ok ? parsed.value : undefined;
}
