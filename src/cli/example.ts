/** The examples at the end of a command's help. A line that starts with a space continues the one before it. */
export function example(...lines: readonly string[]): string {
  const commands = lines.filter((line) => !line.startsWith(' '));
  const shown = lines.map((line) => (line.startsWith(' ') ? `  ${line}` : `  $ ${line}`));
  return `\nExample${commands.length === 1 ? '' : 's'}:\n${shown.join('\n')}`;
}
