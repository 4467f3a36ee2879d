import { z } from 'zod';
import { ConfigurationError } from '../errors/configuration-error.ts';
import type { Issue } from '../errors/issue.ts';
import type { RetryListener } from '../retry/retry-event.ts';
import { faultOfCharset } from './charset.ts';
import { EXCHANGE_LENGTH, isExchange } from './environment.ts';
import { fieldsAt, isLogger, noSuchField } from './schema-fields.ts';
import { faultOfSqlMode } from './sql-mode.ts';

const flag = z.boolean({ error: 'true or false' });
const whole = (least: number, most: number, unit = '') => {
  const error = `a whole number from ${least} to ${most}${unit}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
};
const milliseconds = (least: number) => whole(least, 2_147_483_647, ' (milliseconds)');
const count = (least: number) => whole(least, 10_000);
const words = (expected: string) => ({
  error: (issue: { readonly code: string }) => (issue.code === 'invalid_type' ? expected : undefined),
});
const text = z.string({ error: 'text' }).min(1, { error: 'text that is not empty' });
const exchange = z.string({ error: 'text' }).refine(isExchange, {
  error: `text of 1 to ${EXCHANGE_LENGTH} characters without white space at its ends`,
});
const method = z.custom<(...args: never[]) => void>((value) => typeof value === 'function', { error: 'a method' });
const tls = z
  .strictObject({
    enabled: z.union([flag, z.literal('remote')], { error: "true, false or 'remote'" }),
    ca: text,
    cert: text,
    key: text,
    passphrase: z.string({ error: 'text' }),
    verify: z.union([flag, z.literal('ca')], { error: "true, false or 'ca'" }),
    serverName: text,
  })
  .partial();
const budget = z
  .strictObject(
    {
      attempts: count(1),
      baseDelayMs: milliseconds(0),
      maxDelayMs: milliseconds(0),
      maxElapsedMs: milliseconds(0),
    },
    words('an object of attempts, baseDelayMs, maxDelayMs and maxElapsedMs'),
  )
  .partial();

/** Checks the options of an instance, each by itself. */
export const optionsSchema = z
  .strictObject(
    {
      url: text,
      host: text,
      port: whole(1, 65_535),
      database: text,
      user: text,
      password: z.string({ error: 'text' }),
      socketPath: text,
      optionFile: text,
      optionGroup: text,
      tls: z.union([flag, z.literal('remote'), tls], {
        error: "true, false, 'remote', or an object of enabled, ca, cert, key, passphrase, verify and serverName",
      }),
      charset: text.refine((name) => faultOfCharset(name) === undefined, {
        error: ({ input }) => `utf8mb4 or a collation of it, not ${String(input)}: ${faultOfCharset(String(input))}`,
      }),
      sqlMode: z.array(
        text.toUpperCase().refine((mode) => faultOfSqlMode(mode) === undefined, {
          error: ({ input }) => `a mode that can be added, not ${String(input)}: ${faultOfSqlMode(String(input))}`,
        }),
        { error: 'a list of modes' },
      ),
      initStatements: z.array(text, { error: 'a list of statements' }),
      compress: z.union([flag, z.literal('zlib')], {
        error: "true, false or 'zlib', which is all that the driver (mysql2) can: it has no zstd",
      }),
      logger: z.looseObject(
        { debug: method, info: method, warn: method, error: method },
        words('an object with the methods debug, info, warn and error'),
      ),
      logQueries: flag,
      defaultExchange: exchange,
      autoMigrate: flag,
      pool: z
        .strictObject(
          {
            min: count(0),
            max: count(1),
            acquireTimeoutMs: milliseconds(1),
            idleTimeoutMs: milliseconds(1),
            recycleMs: milliseconds(0),
            preConnectCheck: flag,
          },
          words('an object of min, max and the like'),
        )
        .partial(),
      retry: z
        .strictObject(
          {
            contention: budget,
            outage: budget,
            signal: z.instanceof(AbortSignal, { error: 'an AbortSignal' }),
            onRetry: z.custom<RetryListener>((value) => typeof value === 'function', { error: 'a function' }),
          },
          words('an object of contention, outage, signal and onRetry'),
        )
        .partial(),
      connectTimeoutMs: milliseconds(1),
      connectRetries: count(0),
      queryTimeoutMs: milliseconds(0),
      statementTimeoutMs: milliseconds(0),
      silenceCheckMs: milliseconds(0),
      migrationLockTimeoutMs: milliseconds(0),
      statsBudgetMs: milliseconds(1),
      shutdownTimeoutMs: milliseconds(0),
      bulkLoad: flag,
    },
    words('an object of options'),
  )
  .partial();

type ParsedOptions = z.output<typeof optionsSchema>;

/**
 * Refuses what is passed in place of options: a URL, a logger.
 *
 * @throws ConfigurationError that says how it is passed
 */
export function checkIsOptions(operation: string, options: unknown): void {
  const fault = (expected: string, received: string): never => {
    throw new ConfigurationError(operation, 'the settings cannot be used', [{ path: '', expected, received }]);
  };
  if (typeof options === 'string') {
    fault("options, such as { url: 'mysql://…' }", 'text');
  }
  if (isLogger(options)) {
    fault('options; a logger is one of them: { logger }', 'a logger');
  }
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    fault('an object of options', 'something else');
  }
}

/** Checks options each by itself; faults are added to `issues`. */
export function parseOptions(options: unknown, issues: Issue[]): ParsedOptions {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) {
    return parsed.data;
  }
  issues.push(...parsed.error.issues.flatMap((issue) => toIssues(issue, [])));
  return {};
}

/** Values are not shown: one of them may be the password. */
function toIssues(issue: z.core.$ZodIssue, above: readonly PropertyKey[]): Issue[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const known = fieldsAt(optionsSchema, path);
    return issue.keys.map((key) => ({
      path: [...path, key].join('.'),
      expected: noSuchField('option', key, known),
      received: 'something else',
    }));
  }
  // of several forms, the one that was meant has faults inside
  const meant = issue.code === 'invalid_union' ? issue.errors.find((faults) => !faults.some(isAnotherForm)) : undefined;
  return (
    meant?.flatMap((fault) => toIssues(fault, path)) ?? [
      { path: path.join('.'), expected: issue.message, received: 'something else' },
    ]
  );
}

function isAnotherForm({ path, code }: z.core.$ZodIssue): boolean {
  return path.length === 0 && code !== 'unrecognized_keys';
}
