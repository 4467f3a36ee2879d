import { CommanderError } from 'commander';
import { type DatabaseOperationError, isDatabaseOperationError } from '../errors/database-operation-error.ts';
import { redactSecrets } from '../errors/redact.ts';
import { printable } from '../text/printable.ts';
import { CliError, FAILED, USAGE } from './cli-error.ts';

export function exitCodeOf(error: unknown): number {
  if (error instanceof CliError) {
    return error.exitCode;
  }
  if (error instanceof CommanderError) {
    // --help and --version end a command without an error
    return error.exitCode === 0 ? 0 : USAGE;
  }
  // invalid rows of a file are rejected one by one and never thrown, so invalid input came from arguments
  return isDatabaseOperationError(error) && error.kind === 'invalid-input' ? USAGE : FAILED;
}

/** One line that describes an error; with `verbose`, also the stack of it and of each of its causes. */
export function describeError(error: unknown, verbose: boolean): string {
  const line = `tradestore: ${oneLine(messageOf(error))}`;
  return redactSecrets(verbose ? [line, ...stacks(error)].join('\n') : line);
}

/** A report whose error is shown in JSON by its kind, code and message. */
export function withErrorJson<T extends { readonly error: DatabaseOperationError | null }>(report: T): object {
  const { error } = report;
  return { ...report, error: error && { kind: error.kind, code: error.code, message: error.message } };
}

/** Text of several lines as one line. */
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
  // causes may form a circle
  for (let depth = 0; depth < 10 && current !== undefined; depth += 1) {
    const text = oneLine(String(current));
    lines.push(depth === 0 ? text : `caused by: ${text}`);
    if (!(current instanceof Error)) {
      break;
    }
    // not the message in the stack, which may hold line breaks
    lines.push(...(current.stack ?? '').split('\n').filter((line) => /^ {4}at /.test(line)));
    current = current.cause;
  }
  return lines;
}
