import { type Command, Option } from 'commander';
import { PRICE_TYPES } from '../../text/price-type.ts';
import type { Cli } from '../cli.ts';
import { FORMATS } from '../import/import-plan.ts';
import type { ImportOptions } from '../import/run-import.ts';
import { newCommand } from '../new-command.ts';
import { timeframeOption } from './bot-options.ts';

export function addImport(program: Command, cli: Cli): void {
  newCommand(
    program,
    'import',
    "store candles from files: CSV as published by Binance (times in ms or µs), JSON as returned by ccxt's fetchOHLCV, " +
      'or candles and raw messages as written by spool export',
    'tradestore import BTCUSDT-1m-2025-01.csv',
    'tradestore import candles.json --exchange okx --symbol BTC-USDT --timeframe 1h --unless-closed',
  )
    .argument('<file...>', 'files to import; - is standard input')
    .option(
      '--exchange <exchange>',
      'exchange of the rows (default: binance, if the file is named as Binance names it)',
    )
    .option(
      '--symbol <symbol>',
      'symbol as the exchange writes it (default: from a file name such as BTCUSDT-1m-2025-01.csv)',
    )
    .addOption(timeframeOption())
    .addOption(
      new Option(
        '--price-type <type>',
        'what the prices are (default: trade, unless Binance names the folder of others)',
      ).choices([...PRICE_TYPES]),
    )
    .addOption(
      new Option('--format <format>', 'format of the files (default: by the extension .csv, .json or .jsonl)').choices([
        ...FORMATS,
      ]),
    )
    .addOption(new Option('--force', 'overwrite stored candles').conflicts('unlessClosed'))
    .option('--refused', 'of an exported spool, also store the rows that the database refused; they overwrite nothing')
    .option('--unless-closed', 'overwrite stored candles, but never a closed one by an open one')
    .action(
      cli.databaseAction<ImportOptions>(async (context, db) => {
        const { runImport } = await import('../import/run-import.ts');
        return runImport(context, db);
      }),
    );
}
