import type { Candle, DatabaseOperations, Series } from '../../index.ts';
import { DEFAULT_PRICE_TYPE } from '../../text/price-type.ts';
import { alignPoints, formatTime } from '../format.ts';
import { renderTable } from '../table.ts';

const MOST_CANDLES = 12;
/** Wider terminals have room for it too, and narrower ones break the lines in either case. */
const MOST_COLUMNS = 100;
const EVER = { startTime: 0, endTime: '9999-12-31T23:59:59.999Z' } as const;
const PRICES = ['open', 'high', 'low', 'close', 'volume'] as const;

/** The last candles of some series, about a dozen in total, sorted by time within each series. */
export async function lastCandles(db: DatabaseOperations, series: readonly Series[]): Promise<Candle[]> {
  const each = Math.max(1, Math.floor(MOST_CANDLES / Math.max(1, series.length)));
  const found: Candle[] = [];
  for (const one of series.slice(0, MOST_CANDLES)) {
    const newestFirst = await db.marketData.getCandles({ ...one, ...EVER, order: 'desc', limit: each });
    found.push(...newestFirst.reverse());
  }
  return found;
}

/** Candles as a table, with their exchange if there is room for it. */
export function renderCandles(candles: readonly Candle[]): string {
  const withExchange = render(candles, (candle) => `${candle.exchange} ${seriesName(candle)}`);
  const fits = withExchange.split('\n').every((line) => line.length <= MOST_COLUMNS);
  return fits ? withExchange : render(candles, seriesName);
}

function seriesName({ symbol, timeframe, priceType }: Candle): string {
  return `${symbol} ${timeframe}${priceType === DEFAULT_PRICE_TYPE ? '' : ` ${priceType}`}`;
}

function render(candles: readonly Candle[], seriesOf: (candle: Candle) => string): string {
  // the points of a column are aligned, which makes prices easy to read
  const aligned = PRICES.map((field) => alignPoints(candles.map((candle) => candle[field])));
  const rows = candles.map((candle, index) => [
    seriesOf(candle),
    formatTime(candle.startTime),
    ...aligned.map((column) => column[index] ?? ''),
    candle.closed ? 'closed' : 'open',
  ]);
  return renderTable(['series', 'start', ...PRICES, 'state'], rows, [2, 3, 4, 5, 6]);
}
