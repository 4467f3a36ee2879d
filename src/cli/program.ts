import { Command } from 'commander';
import { redactSecrets } from '../errors/redact.ts';
import type { Cli } from './cli.ts';
import { addBots } from './commands/bots.ts';
import { addHealth } from './commands/health.ts';
import { addImport } from './commands/import.ts';
import { addMigrate } from './commands/migrate.ts';
import { addReplay } from './commands/replay.ts';
import { addSpool } from './commands/spool.ts';
import { addStart } from './commands/start.ts';
import { addStats } from './commands/stats.ts';
import { writeLine } from './output.ts';
import { packageVersion } from './package-root.ts';
import { oneLine } from './report-error.ts';

const EXIT_CODES = `
Exit codes:
  0         done
  1         failed, or found unhealthy, different or incomplete
  2         wrong arguments or settings
  9         Node.js found no such --env-file
  130, 143  ended by Ctrl-C or SIGTERM`;

export function makeProgram(cli: Cli): Command {
  const { stdout, stderr } = cli.host;
  const program = new Command('tradestore')
    .description('Candles, raw exchange messages and bots in MySQL, MariaDB or an embedded file.')
    .version(packageVersion())
    .option(
      '--database <url>',
      'mysql://user:password@host/name, mariadb://… or sqlite:./file.db (overrides DATABASE_URL)',
    )
    .option(
      '--env-file <path>',
      'read variables such as DATABASE_URL from this file instead of ./.env; variables that are set override it',
    )
    .option('--no-env-file', 'read no such file, not even ./.env')
    .option('--json', 'print the result as JSON')
    .option('--verbose', 'show the stack trace of an error')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .configureOutput({
      writeOut: (text) => void writeLine(stdout, text.replace(/\n$/, '')),
      writeErr: (text) => void writeLine(stderr, text.replace(/\n$/, '')),
      outputError: (text, write) =>
        write(`tradestore: ${oneLine(redactSecrets(text.replace(/^error: /, ''))).replace(/\.$/, '')}; see --help\n`),
    })
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
  addStart(program, cli);
  addMigrate(program, cli);
  addHealth(program, cli);
  addStats(program, cli);
  addImport(program, cli);
  addReplay(program, cli);
  addBots(program, cli);
  addSpool(program, cli);
  return program;
}
