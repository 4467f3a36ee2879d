import type { Command } from 'commander';
import { printable } from '../../text/printable.ts';
import type { Cli } from '../cli.ts';
import { example } from '../example.ts';
import { plural } from '../format.ts';

/** `tradestore migrate up` */
export function addMigrateUp(migrate: Command, cli: Cli): void {
  migrate
    .command('up')
    .description('run all pending migrations; safe to run from several places at once')
    .addHelpText(
      'after',
      example('tradestore migrate up', 'tradestore migrate up --database mysql://user:password@host/market'),
    )
    .action(
      cli.connectedAction(
        async ({ output }, db) => {
          const executed = await db.migrations.up();
          output.result({ executed }, () =>
            executed.length === 0
              ? 'Nothing to do: every migration was run before.'
              : [
                  `Ran ${plural(executed.length, 'migration')}:`,
                  ...executed.map((name) => `  ${printable(name)}`),
                ].join('\n'),
          );
          return 0;
        },
        { autoMigrate: false },
      ),
    );
}
