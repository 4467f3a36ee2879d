import type { Command } from 'commander';
import { isDatabaseOperationError } from '../../errors/database-operation-error.ts';
import type { DatabaseOperations, MigrationCheck } from '../../index.ts';
import { printable } from '../../text/printable.ts';
import type { Cli } from '../cli.ts';
import { FAILED } from '../cli-error.ts';
import { confirmDeletion, YES_OPTION, type YesOption } from '../confirm.ts';
import { formatTime, plural } from '../format.ts';
import { newCommand } from '../new-command.ts';
import { renderTable } from '../table.ts';

// these commands show what is pending and run it on demand
const OPTIONS = { autoMigrate: false };

export function addMigrate(program: Command, cli: Cli): void {
  const migrate = newCommand(
    program,
    'migrate',
    'manage the tables of the database',
    'tradestore migrate up',
    'tradestore migrate check --json',
  );
  newCommand(
    migrate,
    'up',
    'run all pending migrations; safe to run from several places at once',
    'tradestore migrate up',
    'tradestore migrate up --database mysql://user:password@host/market',
  ).action(
    cli.connectedAction(async ({ output }, db) => {
      const executed = await db.migrations.up();
      const names = executed.map((name) => `\n  ${printable(name)}`);
      output.result({ executed }, () =>
        names.length === 0
          ? 'Nothing to do: every migration was run before.'
          : `Ran ${plural(names.length, 'migration')}:${names.join('')}`,
      );
      return 0;
    }, OPTIONS),
  );
  newCommand(
    migrate,
    'down',
    'undo the latest migration and delete everything in its tables',
    'tradestore migrate down --yes',
  )
    .option(...YES_OPTION)
    .action(
      cli.connectedAction<YesOption>(async (context, db) => {
        await confirmDeletion(context, 'migrate down', 'nothing was undone', async () => {
          const latest = (await db.migrations.executed()).at(-1);
          const { describeDatabase } = await import('../start/describe-database.ts');
          const where = describeDatabase(context.settings());
          return (
            latest &&
            `This undoes ${latest.name} in ${where} and deletes everything in its tables (${await stored(db)}).`
          );
        });
        const undone = await db.migrations.down();
        context.output.result({ undone }, () =>
          undone.length === 0 ? 'Nothing to undo: no migration was run.' : `Undid ${printable(undone.join(', '))}.`,
        );
        return 0;
      }, OPTIONS),
    );
  newCommand(
    migrate,
    'status',
    'list migrations: those that were run, and those that are pending',
    'tradestore migrate status',
  ).action(
    cli.connectedAction(async ({ output, quote }, db) => {
      const executed = await db.migrations.executed();
      const pending = await db.migrations.pending();
      const rows = [
        ...executed.map(({ name, executedAt }) => [name, 'run', formatTime(executedAt)]),
        ...pending.map((name) => [name, 'pending', '-']),
      ];
      const advice =
        pending.length === 0
          ? 'Nothing is pending.'
          : `${plural(pending.length, 'migration')} pending; run ${quote('migrate up')}.`;
      output.result({ executed, pending }, () => `${renderTable(['migration', 'state', 'run at'], rows)}\n\n${advice}`);
      return 0;
    }, OPTIONS),
  );
  newCommand(
    migrate,
    'check',
    'compare the tables with what this version expects; exit code 1 if they differ',
    'tradestore migrate check && echo the tables are as they should be',
  ).action(
    cli.connectedAction(async ({ output, quote }, db) => {
      const check = await db.migrations.check();
      output.result(check, () => renderCheck(check, quote('migrate up')));
      return check.ok ? 0 : FAILED;
    }, OPTIONS),
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

function renderCheck({ ok, pending, differences }: MigrationCheck, migrate: string): string {
  if (ok) {
    return 'The tables are as this version expects them.';
  }
  const list = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${printable(line)}`)];
  return [
    ...list(`Pending migrations (run ${migrate}):`, pending),
    ...list('Statements that would make the tables what this version expects:', differences),
  ].join('\n');
}
