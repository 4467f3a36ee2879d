import type { Fields } from '../../databases/physical-connection.ts';
import type { RawTrade } from '../../entities/raw-trade.entity.ts';

/** A stored market data point. `rawData` is the exact text as it was received. */
export interface StoredRawTrade {
  readonly exchange: string;
  readonly symbol: string;
  readonly dataType: string;
  readonly timestamp: Date;
  readonly sourceId: string;
  readonly receivedAt: Date;
  readonly rawData: string;
}

/** The data stream that a query names. */
export type StreamNames = Pick<StoredRawTrade, 'exchange' | 'symbol' | 'dataType'>;

/** What is read of a raw trade whose data stream is known, in the order in which {@link rawTradeOf} reads it. */
export const RAW_TRADE_PROPERTIES = [
  'timestamp',
  'sourceId',
  'receivedAt',
  'rawData',
] as const satisfies readonly (keyof RawTrade)[];

/** Makes a raw trade of a row, without detours. @internal */
export function rawTradeOf({ exchange, symbol, dataType }: StreamNames, fields: Fields): StoredRawTrade {
  return {
    exchange,
    symbol,
    dataType,
    timestamp: new Date(fields.instant()),
    sourceId: fields.text(),
    receivedAt: new Date(fields.instant()),
    rawData: fields.text(),
  };
}
