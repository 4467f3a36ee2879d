import { basename } from 'node:path';
import type { Timeframe } from '../../index.ts';
import { isTimeframe } from '../../time/timeframe.ts';
import type { SeriesOfFile } from './parsed-row.ts';

// SYMBOL-timeframe-year-month[-day].csv; the symbol of a future has an underscore, never a dash
const NAME = /^([^-\s]+)-(\d{1,2}[a-zA-Z]+)-\d{4}-\d{2}(?:-\d{2})?\.csv$/;

/**
 * The series of a file of Binance's public data, from its name.
 *
 * @example seriesOfFileName('data/BTCUSDT-1m-2025-01.csv') // { exchange: 'binance', symbol: 'BTCUSDT', timeframe: '1m' }
 */
export function seriesOfFileName(path: string): SeriesOfFile | undefined {
  const [, symbol, frame] = NAME.exec(basename(path)) ?? [];
  const timeframe = frame === undefined ? undefined : timeframeOf(frame);
  return symbol === undefined || timeframe === undefined ? undefined : { exchange: 'binance', symbol, timeframe };
}

function timeframeOf(text: string): Timeframe | undefined {
  // Binance writes 1mo, since file systems that ignore case would confuse 1m and 1M
  const written = text === '1mo' ? '1M' : text;
  return isTimeframe(written) ? written : undefined;
}
