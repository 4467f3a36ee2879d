/** Standard error, as Jest itself does: standard output is for `--json`. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
