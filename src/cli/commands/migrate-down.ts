import type { Command } from 'commander';
import { isDatabaseOperationError } from '../../errors/database-operation-error.ts';
import type { DatabaseOperations } from '../../index.ts';
import { printable } from '../../text/printable.ts';
import type { Cli } from '../cli.ts';
import { confirm, requireSomebody } from '../confirm.ts';
import { example } from '../example.ts';
import { plural } from '../format.ts';

/** `tradestore migrate down` */
export function addMigrateDown(migrate: Command, cli: Cli): void {
  migrate
    .command('down')
    .description('undo the latest migration, with all that is stored in its tables')
    .option('--yes', 'do it without asking')
    .addHelpText('after', example('tradestore migrate down --yes'))
    .action(
      cli.connectedAction<{ yes?: boolean }>(
        async (context, db) => {
          const { host, options, output } = context;
          if (options.yes !== true) {
            requireSomebody(host, 'migrate down');
            const latest = (await db.migrations.executed()).at(-1);
            if (latest !== undefined) {
              const { describeDatabase } = await import('../start/describe-database.ts');
              const where = describeDatabase(context.settings());
              const warning = `This undoes ${latest.name} in ${where}, with all that is in its tables (${await stored(db)}).`;
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

/** How much is stored, in words. */
async function stored(db: DatabaseOperations): Promise<string> {
  try {
    const { candleCount, rawTradeCount, botCount, estimated } = await db.getStats();
    if (candleCount === null || rawTradeCount === null || botCount === null) {
      return 'how much that is could not be found out';
    }
    const counts = `${plural(candleCount, 'candle')}, ${plural(rawTradeCount, 'raw message')}, ${plural(botCount, 'bot')}`;
    return estimated.length === 0 ? counts : `about ${counts}`;
  } catch (error) {
    // to undo is a way out of tables that are not as they should be
    if (isDatabaseOperationError(error) && error.kind === 'schema') {
      return 'how much that is cannot be counted, since tables are missing or differ';
    }
    throw error;
  }
}
