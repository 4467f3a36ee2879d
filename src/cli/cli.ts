import type { Command } from 'commander';
import { isConfigurationError } from '../errors/configuration-error.ts';
import { formatIssue } from '../errors/issue.ts';
import type { DatabaseOperations, DatabaseOptions } from '../index.ts';
import { lineLogger } from '../logger/line-logger.ts';
import { CliError, usageError } from './cli-error.ts';
import type { Host } from './host.ts';
import { Interruption } from './interruption.ts';
import { Output } from './output.ts';
import { quoted, type TypedCommand, typedCommand } from './typed-command.ts';

/** The options that every command has. */
export interface GlobalOptions {
  readonly database?: string | undefined;
  /** `false` for none. */
  readonly envFile?: string | false | undefined;
  readonly json?: boolean | undefined;
  readonly verbose?: boolean | undefined;
}

/** What a command gets to work with. */
export interface Context<Options extends object = object> {
  readonly host: Host;
  readonly output: Output;
  /** The positional arguments, in the order of their declaration. */
  readonly args: readonly string[];
  readonly options: GlobalOptions & Options;
  /** The options of the instance: from the command line first, then the environment, then the `.env` file. */
  settings(options?: DatabaseOptions): DatabaseOptions;
  /** Makes an instance, which is not connected yet. */
  open(options?: DatabaseOptions): DatabaseOperations;
  /** Listens for Ctrl-C and SIGTERM during work on the database, and cuts that off if it does not end in time. */
  interruption(db: DatabaseOperations): Interruption;
  /** Another command on the same database, as it is typed here. */
  typed(command: string): TypedCommand;
  /** The same, quoted for a sentence. */
  quote(command: string): string;
}

/** What a command does. @returns the exit code */
export type Action<Options extends object> = (context: Context<Options>) => Promise<number>;

/** One run of the command line: connects the commands with the process that they run in. */
export class Cli {
  readonly host: Host;
  exitCode = 0;
  #interruption: Interruption | undefined;

  constructor(host: Host) {
    this.host = host;
  }

  /** An action as commander calls it. */
  action<Options extends object = object>(action: Action<Options>): (this: Command) => Promise<void> {
    const cli = this;
    return async function () {
      const options = this.optsWithGlobals<GlobalOptions & Options>();
      cli.exitCode = await action(await cli.#context(this.args, options));
    };
  }

  /** An action on the database, which is always closed afterwards. */
  databaseAction<Options extends object = object>(
    action: (context: Context<Options>, db: DatabaseOperations) => Promise<number>,
    options: DatabaseOptions = {},
  ): (this: Command) => Promise<void> {
    return this.action<Options>(async (context) => {
      await using db = context.open(options);
      try {
        return await action(context, db);
      } catch (error) {
        const exitCode = this.#interruption?.exitCode;
        // after a signal, work that was cut off fails because of it
        throw exitCode === undefined || !(error instanceof Error)
          ? error
          : new CliError(error.message, exitCode, error);
      }
    });
  }

  /** The same, but it fails soon if the server is away, for which an operation by itself would wait. */
  connectedAction<Options extends object = object>(
    action: (context: Context<Options>, db: DatabaseOperations) => Promise<number>,
    options: DatabaseOptions = {},
  ): (this: Command) => Promise<void> {
    return this.databaseAction<Options>(async (context, db) => {
      await db.connect();
      return action(context, db);
    }, options);
  }

  async #context<Options extends object>(
    args: readonly string[],
    options: GlobalOptions & Options,
  ): Promise<Context<Options>> {
    const { host } = this;
    // loaded by an action: help and version come without the library
    const [{ DatabaseOperations }, { BEHAVIOUR }, { withEnvironment }, { completedEnvironment }] = await Promise.all([
      import('../index.ts'),
      import('../config/options.ts'),
      import('../config/with-environment.ts'),
      import('./env-file.ts'),
    ]);
    const environment = asUsage(() => completedEnvironment(host.environment, options.envFile));
    const settings = (extra: DatabaseOptions = {}): DatabaseOptions => {
      const asked = { ...extra, ...(options.database === undefined ? {} : { url: options.database }) };
      const complete = asUsage(() => withEnvironment(environment, asked));
      return complete.logQueries === true ? { ...complete, logger: lineLogger(host.stderr) } : complete;
    };
    return {
      host,
      args,
      options,
      output: new Output(host, options.json === true),
      settings,
      open: (extra) => asUsage(() => new DatabaseOperations(settings(extra))),
      interruption: (db) => {
        const { shutdownTimeoutMs: afterMs = BEHAVIOUR.shutdownTimeoutMs.default } = settings();
        this.#interruption = new Interruption(host, { afterMs, cutOff: () => db.close({ force: true }) });
        return this.#interruption;
      },
      typed: (command) => typedCommand(command, options),
      quote: (command) => quoted(typedCommand(command, options)),
    };
  }
}

/** Settings that cannot be used make a wrong call, whether they come from arguments or from the environment. */
function asUsage<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (isConfigurationError(error)) {
      const faults = error.issues.map((issue) =>
        formatIssue({ ...issue, path: issue.path === 'url' ? '--database' : issue.path }),
      );
      throw usageError(`the settings cannot be used: ${faults.join('; ')}`, error);
    }
    throw error;
  }
}
