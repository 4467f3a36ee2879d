/**
 * Writes samples/okx-synthetic.ws, the capture that `npm start` replays.
 *
 * It is synthetic: nothing in it was recorded anywhere. The names of the instruments are real ones, so that
 * it reads like a capture; every price, size, id and time is invented by a random walk with a fixed seed, so
 * that the file is the same on every machine. Its form is OKX's public websocket: one line
 * `RECEIVED_AT: {message}` for each message, and `wss://…` lines for the connection.
 *
 * For each of 40 minutes and each instrument there are some trades, from which the candles are made:
 * one while the minute lasts (confirm 0) and the final one when it has ended (confirm 1). The last
 * minute stays open. Tickers and order books come now and then.
 *
 *     node scripts/make-sample.ts
 */
import { mkdirSync, writeFileSync } from 'node:fs';

const SEED = 20260105;
const START_MS = Date.UTC(2026, 0, 5, 9, 0);
const MINUTES = 40;
const MINUTE_MS = 60_000;
const CONNECTION = 'wss://ws.okx.com:8443/ws/v5/public';
const INSTRUMENTS = [
  { instId: 'BTC-USDT', price: 48_213.7, tick: 1, size: 0.4 },
  { instId: 'ETH-USDT', price: 2_764.31, tick: 2, size: 3 },
  { instId: 'SOL-USDT', price: 131.082, tick: 3, size: 60 },
];

interface Trade {
  readonly ms: number;
  readonly px: string;
  readonly sz: string;
}

interface Line {
  readonly ms: number;
  readonly message: object;
}

/** Mulberry32: small, and the same everywhere. */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = randomNumbers(SEED);
const between = (least: number, most: number): number => least + Math.floor(random() * (most - least + 1));

/** The trades of one instrument, by time: two to four a minute, each a small step from the one before. */
function makeTrades({ price, tick, size }: (typeof INSTRUMENTS)[number]): Trade[] {
  const trades: Trade[] = [];
  let last = price;
  for (let minute = 0; minute < MINUTES; minute += 1) {
    const times = Array.from({ length: between(2, 4) }, () => between(500, 58_000)).sort((a, b) => a - b);
    for (const offset of times) {
      last *= 1 + (random() - 0.497) * 0.0012;
      const sz = (0.01 + random() * size).toFixed(6);
      trades.push({ ms: START_MS + minute * MINUTE_MS + offset, px: last.toFixed(tick), sz });
    }
  }
  return trades;
}

/** A candle `[ts, o, h, l, c, vol, volCcy, volCcyQuote, confirm]`, summed in millionths as whole numbers. */
function makeCandle(startMs: number, trades: readonly Trade[], confirm: '0' | '1'): string[] {
  const prices = trades.map(({ px }) => px);
  const byPrice = prices.toSorted((a, b) => Number(a) - Number(b));
  const volume = decimal(trades.reduce((sum, { sz }) => sum + BigInt(sz.replace('.', '')), 0n));
  const quote = trades.reduce((sum, { px, sz }) => sum + Number(px) * Number(sz), 0).toFixed(4);
  const [open = '', high = '', low = '', close = ''] = [prices[0], byPrice.at(-1), byPrice[0], prices.at(-1)];
  return [String(startMs), open, high, low, close, volume, quote, quote, confirm];
}

function decimal(millionths: bigint): string {
  const digits = String(millionths).padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

function makeLines(instrument: (typeof INSTRUMENTS)[number], firstTradeId: number): Line[] {
  const { instId, tick } = instrument;
  const lines: Line[] = [];
  const push = (ms: number, channel: string, data: unknown, action?: string): void => {
    const arg = { channel, instId };
    lines.push({ ms, message: action === undefined ? { arg, data: [data] } : { arg, action, data: [data] } });
  };
  const trades = makeTrades(instrument);
  trades.forEach(({ ms, px, sz }, index) => {
    const side = random() < 0.5 ? 'buy' : 'sell';
    push(ms + 40, 'trades', { instId, tradeId: String(firstTradeId + index), px, sz, side, ts: String(ms) });
  });
  for (let minute = 0; minute < MINUTES; minute += 1) {
    const startMs = START_MS + minute * MINUTE_MS;
    const within = trades.filter(({ ms }) => ms >= startMs && ms < startMs + MINUTE_MS);
    const [first] = within;
    if (first !== undefined) {
      push(first.ms + 90, 'candle1m', makeCandle(startMs, [first], '0'));
    }
    if (minute < MINUTES - 1) {
      push(startMs + MINUTE_MS + 120, 'candle1m', makeCandle(startMs, within, '1'));
    }
    const last = Number(within.at(-1)?.px);
    const level = (steps: number): string => (last * (1 + steps * 0.0001)).toFixed(tick);
    const ts = startMs + 58_500;
    if (minute % 5 === 0) {
      const asks = [1, 2, 3].map((step) => [level(step), (random() * 5).toFixed(4), '0', String(between(1, 9))]);
      const bids = [-1, -2, -3].map((step) => [level(step), (random() * 5).toFixed(4), '0', String(between(1, 9))]);
      const checksum = between(-2_147_483_648, 2_147_483_647);
      push(ts + 60, 'books', { asks, bids, ts: String(ts), checksum }, minute === 0 ? 'snapshot' : 'update');
    }
    if (minute % 4 === 0) {
      const quotes = { last: last.toFixed(tick), askPx: level(1), bidPx: level(-1), open24h: level(-90) };
      push(ts + 80, 'tickers', { instType: 'SPOT', instId, ...quotes, ts: String(ts) });
    }
  }
  return lines;
}

/** Unix seconds with microseconds, as recorders write the time of reception. */
function seconds(ms: number): string {
  return `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}${String(between(0, 999)).padStart(3, '0')}`;
}

const args = INSTRUMENTS.flatMap(({ instId }) =>
  ['trades', 'candle1m', 'tickers', 'books'].map((channel) => ({ channel, instId })),
);
const head = [
  `${CONNECTION} <-> ${seconds(START_MS - 900)} (synthetic: invented prices, made by scripts/make-sample.ts)`,
  `${CONNECTION} <- ${seconds(START_MS - 600)}: ${JSON.stringify({ op: 'subscribe', args })}`,
  ...args.map((arg, index) => `${seconds(START_MS - 400 + index)}: ${JSON.stringify({ event: 'subscribe', arg })}`),
];
const lines = INSTRUMENTS.flatMap((instrument, index) => makeLines(instrument, 700_000_001 + index * 10_000))
  .sort((a, b) => a.ms - b.ms)
  .map(({ ms, message }) => `${seconds(ms)}: ${JSON.stringify(message)}`);

const folder = new URL('../samples/', import.meta.url);
mkdirSync(folder, { recursive: true });
writeFileSync(new URL('okx-synthetic.ws', folder), `${[...head, ...lines].join('\n')}\n`);
