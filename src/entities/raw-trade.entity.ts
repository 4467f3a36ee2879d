import { defineEntity, p } from '@mikro-orm/core';
import { DATA_TYPE_LENGTH, EXCHANGE_LENGTH, SOURCE_ID_LENGTH, SYMBOL_LENGTH } from '../text/column-lengths.ts';
import { instant, key } from './column-types.ts';

/** A stored market data point of any data type, with its text exactly as it was received. */
export class RawTrade {
  exchange!: string;
  symbol!: string;
  dataType!: string;
  timestamp!: Date;
  sourceId!: string;
  receivedAt!: Date;
  rawData!: string;
}

export const RawTradeSchema = defineEntity({
  class: RawTrade,
  tableName: 'raw_trades',
  // text with a check, not a JSON column, which reorders keys and rounds numbers. "= 1", because a bare json_valid() is
  // how MariaDB declares a JSON column, and the ORM would take it for one
  checks: [{ name: 'raw_trades_raw_data_json', expression: 'json_valid(`raw_data`) = 1' }],
  properties: {
    exchange: key(EXCHANGE_LENGTH),
    symbol: key(SYMBOL_LENGTH),
    dataType: key(DATA_TYPE_LENGTH),
    timestamp: instant().primary(),
    sourceId: key(SOURCE_ID_LENGTH),
    receivedAt: instant(),
    rawData: p.text().columnType('mediumtext'),
  },
});
