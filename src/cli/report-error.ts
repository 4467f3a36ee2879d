import { CommanderError } from 'commander';
import { type DatabaseOperationError, isDatabaseOperationError } from '../errors/database-operation-error.ts';
import { redactSecrets } from '../errors/redact.ts';
import { printable } from '../text/printable.ts';
import { CliError, FAILED, USAGE } from './cli-error.ts';

/** The exit code for whatever was thrown. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) {
    return error.exitCode;
  }
  if (error instanceof CommanderError) {
    // asking for help or the version ends a command without an error
    return error.exitCode === 0 ? 0 : USAGE;
  }
  // rows of a file are rejected one by one and never thrown; what is refused as a whole came as arguments
  return isDatabaseOperationError(error) && error.kind === 'invalid-input' ? USAGE : FAILED;
}

/** What to say of it: one line, and with `verbose` where it came from, cause by cause. */
export function describeError(error: unknown, verbose: boolean): string {
  const line = `tradestore: ${oneLine(messageOf(error))}`;
  return redactSecrets(verbose ? [line, ...stacks(error)].join('\n') : line);
}

/** An error for machines: it does not become JSON by itself. */
export function errorJson(error: DatabaseOperationError | null): object | null {
  return error && { kind: error.kind, code: error.code, message: error.message };
}

/** Text of several lines as one. */
export function oneLine(text: string): string {
  return printable(text.replace(/\s*[\r\n]+\s*/g, ' ').trim());
}

function messageOf(error: unknown): string {
  if (error instanceof CliError || isDatabaseOperationError(error)) {
    return error.message;
  }
  const message = error instanceof Error ? error.message : String(error);
  return `${message} (unexpected; --verbose shows where)`;
}

function stacks(error: unknown): string[] {
  const lines: string[] = [];
  let current: unknown = error;
  // a cause that leads back to itself must not keep us here
  for (let depth = 0; depth < 10 && current !== undefined; depth += 1) {
    const text = current instanceof Error ? (current.stack ?? current.message) : String(current);
    lines.push(depth === 0 ? text : `caused by: ${text}`);
    current = current instanceof Error ? current.cause : undefined;
  }
  return lines;
}
