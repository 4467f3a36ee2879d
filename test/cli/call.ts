import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import type { Host } from '../../src/cli/host.ts';
import { run } from '../../src/cli/run.ts';

/** What a command left behind. */
export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command in this process, with an empty standard input: loading the library anew takes longer than most. */
export async function call(args: readonly string[], environment: Host['environment']): Promise<CliResult> {
  const written = { stdout: '', stderr: '' };
  const into = (name: keyof typeof written) =>
    new Writable({
      decodeStrings: false,
      write: (chunk, _encoding, done) => {
        written[name] += String(chunk);
        done();
      },
    }) as unknown as NodeJS.WriteStream;
  const code = await run(args, {
    environment,
    stdin: Readable.from([]) as unknown as NodeJS.ReadStream,
    stdout: into('stdout'),
    stderr: into('stderr'),
    signals: new EventEmitter() as unknown as Host['signals'],
    exit: () => undefined,
  });
  return { code, ...written };
}
