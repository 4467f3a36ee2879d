import { basename, extname } from 'node:path';
import { defined } from '../../config/defined.ts';
import type { PriceType, Timeframe } from '../../index.ts';
import { EXCHANGE_LENGTH, SYMBOL_LENGTH } from '../../text/column-lengths.ts';
import { checkName } from '../../text/name.ts';
import { DEFAULT_PRICE_TYPE } from '../../text/price-type.ts';
import { isTimeframe } from '../../time/timeframe.ts';
import { usageError } from '../cli-error.ts';
import type { InputFile } from '../input-file.ts';
import { shellWord } from '../typed-command.ts';
import type { SeriesOfFile } from './parsed-row.ts';

/** The formats of files to import. An exported spool may hold raw messages too. */
export const FORMATS = ['csv', 'ccxt', 'spool'] as const;
/** One of {@link FORMATS}. */
export type Format = (typeof FORMATS)[number];

/** The options that describe the files, as typed. */
export interface SeriesOptions {
  readonly exchange?: string | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: Timeframe | undefined;
  readonly priceType?: PriceType | undefined;
  readonly format?: Format | undefined;
}

/** The options on stored candles, as typed. */
export interface OverwriteOptions {
  readonly force?: boolean | undefined;
  readonly unlessClosed?: boolean | undefined;
}

/** A file with everything that is needed to import it. */
export type PlannedFile =
  | { readonly file: InputFile; readonly format: 'csv' | 'ccxt'; readonly series: SeriesOfFile }
  | { readonly file: InputFile; readonly format: 'spool' };

// SYMBOL-timeframe-year-month[-day].csv; the symbol of a future has an underscore, never a dash
const BINANCE_NAME = /^([^-\s]+)-(\d{1,2}[a-zA-Z]+)-\d{4}-\d{2}(?:-\d{2})?\.csv$/;
// files of other prices have the same names, in folders of their own
const BINANCE_FOLDER = /(?:^|[/\\])(mark|index|premium)(?:Price|Index)Klines[/\\]/;
const SHOWN_CHARACTERS = 70;
const FORMAT_OF_EXTENSION: Readonly<Record<string, Format>> = { '.csv': 'csv', '.json': 'ccxt', '.jsonl': 'spool' };

/**
 * Completes the options from the name of a file. Options override the name.
 *
 * @throws CliError that names every missing option
 */
export function planFile(file: InputFile, options: SeriesOptions & OverwriteOptions): PlannedFile {
  const named = seriesOfFileName(file.name);
  const format = options.format ?? FORMAT_OF_EXTENSION[extname(file.name).toLowerCase()];
  if (format === 'spool') {
    const { exchange, symbol, timeframe, priceType, force, unlessClosed } = options;
    const given = { exchange, symbol, timeframe, 'price-type': priceType, force, 'unless-closed': unlessClosed };
    const typed = Object.entries(given).flatMap(([option, value]) => (value === undefined ? [] : `--${option}`));
    if (typed.length > 0) {
      throw usageError(
        `each line of an exported spool says which series it belongs to and what it overwrites; leave out ${typed.join(', ')}`,
      );
    }
    return { file, format };
  }
  const { exchange = named?.exchange, symbol = named?.symbol, timeframe = named?.timeframe } = options;
  if (format === undefined || exchange === undefined || symbol === undefined || timeframe === undefined) {
    const missing = Object.entries({ exchange, symbol, timeframe, format })
      .filter(([, value]) => value === undefined)
      .map(([option]) => `--${option}`);
    const source = file.name === '-' ? 'standard input' : `the name ${file.name}`;
    throw usageError(`${source} does not say what it contains; add ${missing.join(', ')}`);
  }
  const { priceType = named?.priceType ?? DEFAULT_PRICE_TYPE } = options;
  const series = { exchange, symbol, timeframe, priceType };
  requireSeries(series);
  return { file, format, series };
}

/** Checks once, before any row is read, what all rows of a file have in common. */
function requireSeries(series: SeriesOfFile): void {
  const longest = { exchange: EXCHANGE_LENGTH, symbol: SYMBOL_LENGTH };
  const faults = (['exchange', 'symbol'] as const).flatMap((option) => {
    const expected = checkName(series[option], longest[option]);
    const received = JSON.stringify(series[option].slice(0, SHOWN_CHARACTERS));
    return expected === undefined ? [] : `--${option}: expected ${expected}, received ${received}`;
  });
  if (faults.length > 0) {
    throw usageError(`${faults.join('; ')}; correct that`);
  }
}

/**
 * The command that imports an unpacked file from standard input. That has no name, so options say what the name of the
 * file would say.
 */
export function importFromInput(name: string, options: SeriesOptions, flags: readonly string[]): string {
  const inner = name.replace(/(?:\.csv)?\.(?:zip|gz)$/i, '.csv');
  const { exchange, symbol, timeframe, priceType } = { ...seriesOfFileName(inner), ...defined(options) };
  const otherPrices = priceType === DEFAULT_PRICE_TYPE ? undefined : priceType;
  // if the name does not tell the format, it is most likely CSV
  const format = options.format ?? (/\.json\.\w+$/i.test(name) ? 'ccxt' : 'csv');
  const series = { exchange, symbol, timeframe, 'price-type': otherPrices };
  const typed = Object.entries({ ...series, format }).flatMap(([option, value]) =>
    value === undefined ? [] : [`--${option} ${shellWord(value)}`],
  );
  return ['import -', ...typed, ...flags].join(' ');
}

/**
 * The series of a file of Binance's public data, from its name; its price type from its folders, where Binance names it.
 *
 * @example
 * ```ts
 * seriesOfFileName('data/BTCUSDT-1m-2025-01.csv');
 * // { exchange: 'binance', symbol: 'BTCUSDT', timeframe: '1m', priceType: 'trade' }
 * ```
 */
export function seriesOfFileName(path: string): SeriesOfFile | undefined {
  const [, symbol, frame] = BINANCE_NAME.exec(basename(path)) ?? [];
  const timeframe = frame === undefined ? undefined : timeframeOf(frame);
  const priceType = (BINANCE_FOLDER.exec(path)?.[1] ?? DEFAULT_PRICE_TYPE) as PriceType;
  return symbol === undefined || timeframe === undefined
    ? undefined
    : { exchange: 'binance', symbol, timeframe, priceType };
}

function timeframeOf(text: string): Timeframe | undefined {
  // Binance writes 1mo, since file systems that ignore case would confuse 1m and 1M
  const written = text === '1mo' ? '1M' : text;
  return isTimeframe(written) ? written : undefined;
}
