import type { Candle, DatabaseOperations, StoredRawTrade, Timeframe } from '../../src/index.ts';
import type { Recording } from './recorded.ts';

const EVER = { startTime: 0, endTime: '9999-12-31T00:00:00Z' } as const;

/** Everything that is stored of an exchange, read through the public API. */
export interface Stored {
  readonly messages: readonly StoredRawTrade[];
  readonly candles: readonly Candle[];
}

/** Reads back what is stored of a recording's exchange. */
export async function readBack(db: DatabaseOperations, recording: Recording): Promise<Stored> {
  const { exchange } = recording;
  const messages: StoredRawTrade[] = [];
  for (const series of (await db.rawTrades.getRawDataStats()).series) {
    if (series.exchange === exchange) {
      const { symbol, dataType } = series;
      messages.push(...(await db.rawTrades.getRawTrades({ exchange, symbol, dataType, ...EVER })));
    }
  }
  const candles: Candle[] = [];
  for (const series of new Set([...recording.candles.values()].map((one) => `${one.symbol} ${one.timeframe}`))) {
    const [symbol = '', timeframe = ''] = series.split(' ');
    candles.push(...(await db.marketData.getCandles({ exchange, symbol, timeframe: timeframe as Timeframe, ...EVER })));
  }
  const all = await db.marketData.countCandles();
  if (all !== candles.length) {
    throw new Error(`${all} candles are stored, and ${candles.length} of them are of the capture's series`);
  }
  return { messages, candles };
}

/** How what is stored differs from what was recorded. */
export function differences(recording: Recording, stored: Stored): string[] {
  return [...messageDifferences(recording, stored), ...candleDifferences(recording, stored)];
}

function messageDifferences({ messages }: Recording, stored: Stored): string[] {
  const left = new Map<string, number>();
  for (const text of messages) {
    left.set(text, (left.get(text) ?? 0) + 1);
  }
  const unknown = stored.messages.filter(({ rawData }) => {
    const count = left.get(rawData) ?? 0;
    left.set(rawData, count - 1);
    return count <= 0;
  });
  const missing = [...left.values()].reduce((sum, count) => sum + Math.max(0, count), 0);
  return [
    ...(stored.messages.length === messages.length
      ? []
      : [`${stored.messages.length} messages are stored of ${messages.length}`]),
    ...(missing === 0 ? [] : [`${missing} messages are not stored to the letter`]),
    ...(unknown.length === 0 ? [] : [`${unknown.length} stored messages were not recorded`]),
  ];
}

function candleDifferences({ candles }: Recording, stored: Stored): string[] {
  const found = new Set<string>();
  const different = stored.candles.filter((candle) => {
    const key = `${candle.symbol} ${candle.timeframe} ${candle.startTime.getTime()}`;
    const recorded = candles.get(key);
    found.add(key);
    const { open, high, low, close, volume, closed } = candle;
    return (
      recorded === undefined ||
      [open, high, low, close, volume].some((value, index) => value !== canonical(recorded.values[index] ?? '')) ||
      (recorded.closed !== undefined && recorded.closed !== closed)
    );
  });
  const missing = [...candles.keys()].filter((key) => !found.has(key)).length;
  return [
    ...(different.length === 0 ? [] : [`${different.length} candles differ, such as ${JSON.stringify(different[0])}`]),
    ...(missing === 0 ? [] : [`${missing} candles are missing`]),
  ];
}

/** A decimal without needless zeros, by its text alone. */
function canonical(text: string): string {
  const [, whole = '', fraction = ''] = /^0*(\d+)(?:\.(\d*?)0*)?$/.exec(text) ?? [];
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
