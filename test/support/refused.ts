import { inspect } from 'node:util';
import { expect } from '@jest/globals';
import { isInvalidInputError } from '../../src/index.ts';
import { failureOf } from './failure.ts';
import type { Bench } from './on-every-database.ts';
import { storedRows } from './stored-rows.ts';

/** A fault: what it is, the value that has it, the path that must be named and the words that must occur. */
export type Fault = readonly [what: string, value: unknown, path: string, says?: RegExp];

/** Expects a call to be refused at the edge: by kind and path, with nothing written and the input as it was. */
export async function expectRefused(
  bench: Bench,
  operation: string,
  call: () => Promise<unknown>,
  input: unknown,
  [, , path, says = /./]: Fault,
): Promise<void> {
  const [rows, shown] = [await storedRows(bench.database), picture(input)];
  const error = await failureOf(call());
  expect(isInvalidInputError(error)).toBe(true);
  expect(error).toMatchObject({ kind: 'invalid-input', operation, attempts: 0, retryable: false });
  expect(error.issues.map((issue) => issue.path)).toContain(path);
  const issue = error.issues.find((candidate) => candidate.path === path);
  expect(`${issue?.expected}; received ${issue?.received}`).toMatch(says);
  expect(error.message).toContain(operation);
  expect(error.message).toContain('Nothing was done');
  expect(picture(input)).toBe(shown);
  await expect(storedRows(bench.database)).resolves.toEqual(rows);
}

/** A value as text, without running its getters. */
export function picture(value: unknown): string {
  return inspect(value, { depth: 60, showHidden: true, getters: false, maxStringLength: 1_000, customInspect: false });
}

/** An object that holds itself. */
export function cyclic(): Record<string, unknown> {
  const object: Record<string, unknown> = { a: 1 };
  object['self'] = object;
  return object;
}

/** An object one of whose fields throws when it is read. */
export function throwing<T extends object>(object: T, field: string): T {
  return Object.defineProperty({ ...object }, field, {
    enumerable: true,
    get: () => {
      throw new Error('read');
    },
  });
}
