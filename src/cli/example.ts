/** The end of a command's help: how it is typed. A line that starts with space continues the one before it. */
export function example(...lines: readonly string[]): string {
  const commands = lines.filter((line) => !line.startsWith(' '));
  const shown = lines.map((line) => (line.startsWith(' ') ? `  ${line}` : `  $ ${line}`));
  return `\nExample${commands.length === 1 ? '' : 's'}:\n${shown.join('\n')}`;
}
