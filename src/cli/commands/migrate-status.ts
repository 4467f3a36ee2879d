import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { example } from '../example.ts';
import { formatTime, plural } from '../format.ts';
import { renderTable } from '../table.ts';

interface Row {
  readonly name: string;
  readonly executedAt: Date | null;
}

/** `tradestore migrate status` */
export function addMigrateStatus(migrate: Command, cli: Cli): void {
  migrate
    .command('status')
    .description('list migrations: those that were run, and those that are pending')
    .addHelpText('after', example('tradestore migrate status'))
    .action(
      cli.connectedAction(
        async ({ output, quote }, db) => {
          const executed = await db.migrations.executed();
          const pending = await db.migrations.pending();
          const rows: Row[] = [...executed, ...pending.map((name) => ({ name, executedAt: null }))];
          output.result(
            { executed, pending },
            () => `${render(rows)}\n\n${advice(pending.length, quote('migrate up'))}`,
          );
          return 0;
        },
        { autoMigrate: false },
      ),
    );
}

function render(rows: readonly Row[]): string {
  return renderTable<Row>(
    [
      { head: 'migration', value: ({ name }) => name },
      { head: 'state', value: ({ executedAt }) => (executedAt === null ? 'pending' : 'run') },
      { head: 'run at', value: ({ executedAt }) => formatTime(executedAt) },
    ],
    rows,
  );
}

function advice(pending: number, migrate: string): string {
  return pending === 0 ? 'Nothing is pending.' : `${plural(pending, 'migration')} pending; run ${migrate}.`;
}
