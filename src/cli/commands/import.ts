import { type Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { example } from '../example.ts';
import { FORMATS } from '../import/format.ts';
import type { ImportOptions } from '../import/run-import.ts';
import { timeframeOption } from './bot-options.ts';

/** `tradestore import` */
export function addImport(program: Command, cli: Cli): void {
  program
    .command('import')
    .description(
      "store candles from files: CSV as Binance publishes it (times in ms or µs), JSON as ccxt's fetchOHLCV returns it, " +
        'or candles and raw messages as spool export writes them',
    )
    .argument('<file...>', 'the files; - is standard input')
    .option('--exchange <exchange>', "the rows' exchange (binance, where the name is one of Binance's)")
    .option('--symbol <symbol>', "the exchange's own symbol (from a name such as BTCUSDT-1m-2025-01.csv)")
    .addOption(timeframeOption())
    .addOption(
      new Option('--format <format>', 'csv, ccxt or spool (from the extension .csv, .json or .jsonl)').choices([
        ...FORMATS,
      ]),
    )
    .addOption(new Option('--force', 'overwrite candles that are stored already').conflicts('unlessClosed'))
    .option('--refused', 'of an exported spool, store the rows that the database refused too')
    .option('--unless-closed', 'overwrite them, except that an open candle never replaces a closed one')
    .addHelpText(
      'after',
      example(
        'tradestore import BTCUSDT-1m-2025-01.csv',
        'tradestore import candles.json --exchange okx --symbol BTC-USDT --timeframe 1h --unless-closed',
      ),
    )
    .action(
      cli.databaseAction<ImportOptions>(async (context, db) => {
        const { runImport } = await import('../import/run-import.ts');
        return runImport(context, db);
      }),
    );
}
