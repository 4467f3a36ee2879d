import { expectTypeOf } from 'expect-type';
import type { MarketData } from '../../src/entities/market-data.entity.ts';
import type {
  BotInput,
  BotStatus,
  Candle,
  CandleInput,
  DatabaseStats,
  HealthReport,
  JsonObject,
  MarketDataPoint,
  RawWebsocketData,
  StoredBot,
  StoredRawTrade,
  Timeframe,
} from '../../src/index.ts';

// Compiled with the rest, never run: what is stored comes out exact, and may go in again.

type Price = 'open' | 'high' | 'low' | 'close' | 'volume';

// a candle has every column of its entity
expectTypeOf<keyof Candle>().toEqualTypeOf<keyof MarketData>();

// exact decimals are text and times are dates, whatever they were as input
expectTypeOf<Candle[Price]>().toEqualTypeOf<string>();
expectTypeOf<Candle['startTime' | 'endTime' | 'updatedAt']>().toEqualTypeOf<Date>();
expectTypeOf<Candle['closed']>().toEqualTypeOf<boolean>();
expectTypeOf<Candle['tradeCount']>().toEqualTypeOf<number | null>();
expectTypeOf<Candle['timeframe']>().toEqualTypeOf<Timeframe>();
expectTypeOf<CandleInput[Price]>().toEqualTypeOf<string | number>();

expectTypeOf<StoredRawTrade>().toEqualTypeOf<{
  readonly exchange: string;
  readonly symbol: string;
  readonly dataType: string;
  readonly timestamp: Date;
  readonly sourceId: string;
  readonly receivedAt: Date;
  readonly rawData: string;
}>();

expectTypeOf<StoredBot['virtualBalance' | 'currentBalance']>().toEqualTypeOf<string>();
expectTypeOf<StoredBot['config']>().toEqualTypeOf<JsonObject | null>();
expectTypeOf<StoredBot['lastHeartbeat']>().toEqualTypeOf<Date | null>();
expectTypeOf<StoredBot['status']>().toEqualTypeOf<BotStatus>();
expectTypeOf<StoredBot['version' | 'id']>().toEqualTypeOf<number>();

// what was read may be written again as it is
expectTypeOf<Candle>().toExtend<CandleInput>();
expectTypeOf<StoredRawTrade>().toExtend<RawWebsocketData>();
expectTypeOf<
  Pick<StoredBot, 'name' | 'strategyName' | 'symbol' | 'timeframe' | 'virtualBalance' | 'config'>
>().toExtend<BotInput>();

// nothing that comes out can be changed by mistake, and nothing that goes in is
expectTypeOf<Candle>().toEqualTypeOf<Readonly<Candle>>();
expectTypeOf<CandleInput>().toEqualTypeOf<Readonly<CandleInput>>();
expectTypeOf<MarketDataPoint>().toEqualTypeOf<Readonly<MarketDataPoint>>();
expectTypeOf<HealthReport>().toEqualTypeOf<Readonly<HealthReport>>();
expectTypeOf<DatabaseStats>().toEqualTypeOf<Readonly<DatabaseStats>>();

expectTypeOf<HealthReport['latencyMs']>().toEqualTypeOf<number | null>();
expectTypeOf<DatabaseStats['candleCount' | 'rawTradeCount' | 'botCount' | 'sizeOnDiskBytes']>().toEqualTypeOf<
  number | null
>();
