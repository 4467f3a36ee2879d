import { noSuchField } from '../config/schema-fields.ts';
import { InvalidInputError } from '../errors/invalid-input-error.ts';
import type { Issue } from '../errors/issue.ts';
import { describeValue } from './describe-value.ts';
import { parse, UNREADABLE } from './parse.ts';
import { argumentIssues, executeOptions, type SqlInput, type SqlOptions, unreadable } from './sql-call.schema.ts';

/** An argument of a procedure: a value, or an OUT or INOUT parameter, whose result is returned under a name. */
export type ProcedureArgument = SqlInput | { readonly out: string; readonly value?: SqlInput };

/** A procedure's argument in its normal form. */
export interface ProcedureParameter {
  readonly out?: string | undefined;
  readonly value: SqlInput;
}

export interface ProcedureCall {
  /** The procedure's name, or its database's and its name. */
  readonly name: readonly string[];
  readonly parameters: readonly ProcedureParameter[];
  readonly idempotent: boolean;
}

// letters, digits, $ and _, which need no quotes. Source: MySQL Reference Manual, "Schema Object Names"
const PART = /^[\p{L}\p{Nd}_$]{1,64}$/u;

/**
 * Checks the arguments of `callProcedure`.
 *
 * @throws InvalidInputError that names the path of everything that is wrong
 */
export function parseProcedureCall(
  operation: string,
  name: unknown,
  args: unknown,
  options: SqlOptions,
): ProcedureCall {
  const parts = typeof name === 'string' ? name.split('.') : [];
  const issues: Issue[] = [];
  if (parts.length === 0 || parts.length > 2 || !parts.every((part) => PART.test(part))) {
    const expected = 'the name of a procedure: letters, digits, _ and $ (other.name in another database)';
    issues.push({ path: 'name', expected, received: describeValue(name) });
  }
  const read = readArguments(operation, args, issues);
  issues.push(...read.flatMap((argument) => argument.issues));
  const outs = read.flatMap(({ parameter: { out } }, index) => (out === undefined ? [] : [{ out, index }]));
  for (const { out, index } of outs.filter((each, at) => outs.findIndex((other) => other.out === each.out) !== at)) {
    issues.push({ path: `args[${index}].out`, expected: 'a name of its own', received: describeValue(out) });
  }
  if (issues.length > 0) {
    throw new InvalidInputError(operation, issues);
  }
  const { idempotent = false } = parse(operation, executeOptions, options);
  return { name: parts, parameters: read.map(({ parameter }) => parameter), idempotent };
}

function readArguments(operation: string, args: unknown, issues: Issue[]): ReturnType<typeof readArgument>[] {
  try {
    if (!Array.isArray(args)) {
      issues.push({ path: 'args', expected: 'a list of arguments', received: describeValue(args) });
      return [];
    }
    return Array.from(args, (arg, index) => readArgument(arg, `args[${index}]`));
  } catch (error) {
    throw unreadable(operation, 'args', error);
  }
}

function readArgument(argument: unknown, path: string): { parameter: ProcedureParameter; issues: Issue[] } {
  try {
    if (isOut(argument)) {
      const { out, value = null, ...more } = argument as { out: unknown; value?: SqlInput };
      const issues = argumentIssues(value, `${path}.value`, false);
      if (typeof out !== 'string' || out === '') {
        issues.push({ path: `${path}.out`, expected: 'a name for what comes out', received: describeValue(out) });
      }
      for (const field of Object.keys(more)) {
        const expected = noSuchField('field', field, ['out', 'value']);
        issues.push({ path: `${path}.${field}`, expected, received: 'one' });
      }
      return { parameter: { out: out as string, value }, issues };
    }
    return { parameter: { value: argument as SqlInput }, issues: argumentIssues(argument, path, false) };
  } catch {
    return { parameter: { value: null }, issues: [{ ...UNREADABLE, path }] };
  }
}

function isOut(argument: unknown): boolean {
  return (
    typeof argument === 'object' &&
    argument !== null &&
    Object.getPrototypeOf(argument) === Object.prototype &&
    'out' in argument
  );
}
