import type { MarketDataPoint, RawWebsocketData } from '../../src/index.ts';
import type { Chooser } from './chooser.ts';
import { bend } from './odd-objects.ts';

const FIELDS = ['exchange', 'symbol', 'dataType', 'timestamp', 'sourceId', 'receivedAt', 'payload', 'rawData'];
const NAMES = ['BTC-USDT', 'trade', 'a b', '币安', '🚀', 'NULL', '\\N', "it's ?", 'a\u0001b', 'x'.repeat(32)];
const TEXTS = [
  ...['1', 'null', '[]', '""', ' {"px":"42000.1", "sz":0.5}\n', '{"a":{"b":[1,2,{"c":"?"}]}}', '"\\ud83d\\ude80"'],
  ...['{"n":123456789012345678901234567890}', `"${'9'.repeat(300)}"`, `${'['.repeat(31)}${']'.repeat(31)}`],
];
const FAULTY_TEXTS = ['', 'pong', '{a:1}', '"\\ud83d"', '1e309', `${'['.repeat(32)}${']'.repeat(32)}`, '\ud83d'];
const NO_TEXTS = [null, 1, true, [1, 'a'], { a: { b: null } }, { at: new Date(0) }, Number.NaN, undefined];

/** A valid point whose message is text, by every field that is there in one of its plain forms. */
export function plainInput(chooser: Chooser, near: number): MarketDataPoint | RawWebsocketData {
  const time = new Date(near + chooser.below(1_000_000));
  const text = chooser.of(TEXTS);
  return {
    ...(chooser.percent(50) ? { exchange: chooser.of(NAMES) } : {}),
    symbol: chooser.of(NAMES),
    dataType: chooser.of(NAMES),
    ...(chooser.percent(70) ? { timestamp: chooser.of([time, time.getTime(), time.toISOString()]) } : {}),
    ...(chooser.percent(50) ? { sourceId: chooser.of([undefined, '1', 'x'.repeat(64)]) } : {}),
    ...(chooser.percent(30) ? { receivedAt: chooser.of([undefined, time, '2024-01-01T08:00:00.250+08:00']) } : {}),
    ...(chooser.percent(50) ? { payload: text } : { rawData: text }),
  } as MarketDataPoint | RawWebsocketData;
}

/** What is meant to be a point, and is mostly faulty or holds a value instead of text. */
export function bentInput(chooser: Chooser, near: number): unknown {
  const point = { ...plainInput(chooser, near) } as Record<string, unknown>;
  switch (chooser.below(4)) {
    case 0:
      return { ...point, [chooser.of(['payload', 'rawData'])]: chooser.of<unknown>([...TEXTS, ...NO_TEXTS]) };
    case 1: {
      const { payload: _payload, rawData: _rawData, ...rest } = point;
      return { ...rest, [chooser.of(['payload', 'rawData'])]: chooser.of<unknown>([...FAULTY_TEXTS, ...NO_TEXTS]) };
    }
    default:
      return bend(point, FIELDS, chooser);
  }
}
