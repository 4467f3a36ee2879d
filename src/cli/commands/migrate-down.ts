import type { Command } from 'commander';
import { isDatabaseOperationError } from '../../errors/database-operation-error.ts';
import type { DatabaseOperations } from '../../index.ts';
import { printable } from '../../text/printable.ts';
import type { Cli } from '../cli.ts';
import { confirm, requireTerminal } from '../confirm.ts';
import { example } from '../example.ts';
import { plural } from '../format.ts';

/** `tradestore migrate down` */
export function addMigrateDown(migrate: Command, cli: Cli): void {
  migrate
    .command('down')
    .description('undo the latest migration and delete everything in its tables')
    .option('--yes', 'do not ask for confirmation')
    .addHelpText('after', example('tradestore migrate down --yes'))
    .action(
      cli.connectedAction<{ yes?: boolean }>(
        async (context, db) => {
          const { host, options, output } = context;
          if (options.yes !== true) {
            requireTerminal(host, 'migrate down');
            const latest = (await db.migrations.executed()).at(-1);
            if (latest !== undefined) {
              const { describeDatabase } = await import('../start/describe-database.ts');
              const where = describeDatabase(context.settings());
              const warning = `This undoes ${latest.name} in ${where} and deletes everything in its tables (${await stored(db)}).`;
              await confirm(host, warning, 'nothing was undone');
            }
          }
          const undone = await db.migrations.down();
          output.result({ undone }, () =>
            undone.length === 0 ? 'Nothing to undo: no migration was run.' : `Undid ${printable(undone.join(', '))}.`,
          );
          return 0;
        },
        { autoMigrate: false },
      ),
    );
}

/** How many rows are stored, in words. */
async function stored(db: DatabaseOperations): Promise<string> {
  try {
    const { candleCount, rawTradeCount, botCount, estimated } = await db.getStats();
    if (candleCount === null || rawTradeCount === null || botCount === null) {
      return 'the number of rows is not known';
    }
    const counts = `${plural(candleCount, 'candle')}, ${plural(rawTradeCount, 'raw message')}, ${plural(botCount, 'bot')}`;
    return estimated.length === 0 ? counts : `about ${counts}`;
  } catch (error) {
    // undoing is a way to repair such tables, so it must stay possible
    if (isDatabaseOperationError(error) && error.kind === 'schema') {
      return 'the rows cannot be counted, because tables are missing or differ';
    }
    throw error;
  }
}
