import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DatabaseOperations } from '../../src/index.ts';
import { type CliResult, call } from './call.ts';

/** The command line itself. */
export const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Variables by name; one that is `undefined` is not set. */
type Environment = Readonly<Record<string, string | undefined>>;

/** A folder with a database file, in which commands are run. */
export class CliFolder implements AsyncDisposable {
  readonly path: string;
  readonly url: string;

  private constructor(path: string) {
    this.path = path;
    this.url = `sqlite:${join(path, 'test.db')}`;
  }

  static async make(): Promise<CliFolder> {
    return new CliFolder(await mkdtemp(join(tmpdir(), 'tradestore-cli-')));
  }

  async file(name: string, text: string | Uint8Array): Promise<string> {
    await writeFile(join(this.path, name), text);
    return name;
  }

  /** The database itself, to look at what a command stored. */
  database(): DatabaseOperations {
    return new DatabaseOperations({ url: this.url });
  }

  /** Starts a command as a process of its own; the environment of the tests is not passed on. */
  start(args: readonly string[], environment: Environment = {}): ChildProcessWithoutNullStreams {
    return spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...args], {
      cwd: this.path,
      env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], DATABASE_URL: this.url, ...environment },
    });
  }

  /**
   * Runs a command in this process, one at a time. It costs a tenth of a process, so it is for all that does not
   * depend on one.
   */
  async run(args: readonly string[], environment: Environment = {}): Promise<CliResult> {
    const before = process.cwd();
    process.chdir(this.path);
    try {
      const set = Object.entries({ DATABASE_URL: this.url, ...environment }).filter(([, value]) => value !== undefined);
      return await call(args, Object.fromEntries(set));
    } finally {
      process.chdir(before);
    }
  }

  /** Runs a command as a process of its own. */
  runProcess(args: readonly string[], environment?: Environment): Promise<CliResult> {
    const child = this.start(args, environment);
    child.stdin.end();
    return finished(child);
  }

  /** Runs a command that must succeed, and reads the JSON it writes. */
  async json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run([...args, '--json']);
    if (code !== 0) {
      throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}`);
    }
    return JSON.parse(stdout) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true });
  }
}

/** Waits for the end of a command. */
export async function finished(child: ChildProcessWithoutNullStreams): Promise<CliResult> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return { code, stdout, stderr };
}
