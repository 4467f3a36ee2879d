import type { Command } from 'commander';

/**
 * Adds a command to the program, or to another command.
 *
 * @param examples shown at the end of the help. A line that starts with a space continues the one before it.
 */
export function newCommand(
  parent: Command,
  name: string,
  description: string,
  ...examples: readonly string[]
): Command {
  const shown = examples.map((line) => (line.startsWith(' ') ? `  ${line}` : `  $ ${line}`));
  const title = examples.filter((line) => !line.startsWith(' ')).length === 1 ? 'Example' : 'Examples';
  return parent
    .command(name)
    .description(description)
    .addHelpText('after', `\n${title}:\n${shown.join('\n')}`);
}
