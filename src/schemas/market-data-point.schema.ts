import { z } from 'zod';
import {
  DATA_TYPE_LENGTH,
  EXCHANGE_LENGTH,
  RAW_DATA_BYTES,
  SOURCE_ID_LENGTH,
  SYMBOL_LENGTH,
} from '../text/column-lengths.ts';
import { objectError } from './candle.schema.ts';
import { findJsonTextFault } from './json-text.ts';
import { findJsonFault, type JsonValue } from './json-value.ts';
import { type DefaultExchange, type InstantInput, instant, name } from './primitives.ts';

/** What a data stream says of itself; a caller's own text is welcome too. */
export type DataType = 'trade' | 'candle' | 'ticker' | 'orderbook' | (string & {});

interface PointFields {
  /** @default the instance's `defaultExchange` */
  readonly exchange?: string | undefined;
  readonly symbol: string;
  readonly dataType: DataType;
  /** The exchange's own id of the message. @default a unique, time-ordered id, made before the first attempt */
  readonly sourceId?: string | undefined;
  /** When it arrived here. @default now */
  readonly receivedAt?: InstantInput | undefined;
}

/** One message of a data stream. */
export interface MarketDataPoint extends PointFields {
  /** The time the exchange gives it. */
  readonly timestamp: InstantInput;
  /** JSON text, stored to the letter; or a JSON value, stored as `JSON.stringify` writes it. */
  readonly payload: string | JsonValue;
}

/** One message as it came from a websocket. */
export interface RawWebsocketData extends PointFields {
  /** The time the exchange gives it. @default receivedAt */
  readonly timestamp?: InstantInput | undefined;
  /** JSON text, stored to the letter; or a JSON value, stored as `JSON.stringify` writes it. */
  readonly rawData: string | JsonValue;
}

/** A point that has passed the edge. `sourceId` is still open where the exchange gave none. */
export interface CheckedPoint {
  readonly exchange: string;
  readonly symbol: string;
  readonly dataType: string;
  readonly timestamp: Date;
  readonly sourceId: string | undefined;
  readonly receivedAt: Date;
  readonly rawData: string;
}

/**
 * Checks a point. `payload` and `rawData` are two names of the same thing, so that what was read can be
 * written again as it is; exactly one of them must be there.
 */
export function marketDataPointSchema(
  defaultExchange: DefaultExchange,
  options: { readonly timestampRequired: boolean },
): z.ZodType<CheckedPoint, unknown> {
  return z
    .strictObject(
      {
        exchange: name(EXCHANGE_LENGTH).optional(),
        symbol: name(SYMBOL_LENGTH),
        dataType: name(DATA_TYPE_LENGTH),
        timestamp: options.timestampRequired ? instant : instant.optional(),
        sourceId: name(SOURCE_ID_LENGTH).optional(),
        receivedAt: instant.optional(),
        payload: z.unknown().optional(),
        rawData: z.unknown().optional(),
      },
      { error: objectError('a market data point') },
    )
    .transform((point, context) => {
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
      if (typeof data === 'string') {
        const expected = findJsonTextFault(data);
        if (expected !== undefined) {
          return fault([], expected, data);
        }
      } else {
        const found = findJsonFault(data);
        if (found !== undefined) {
          return fault(found.path, found.expected, found.received);
        }
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
