import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { failure, usageError } from './cli-error.ts';
import { refuseCompressed } from './compressed-file.ts';
import type { Host } from './host.ts';
import { writeLine } from './output.ts';
import type { TypedCommand } from './typed-command.ts';

const BYTES_PER_READ = 256 * 1024;

/** A file from the command line; `-` is standard input. */
export interface InputFile {
  readonly name: string;
  /** Unknown unless it is a regular file. */
  readonly sizeBytes: number | undefined;
  /** Reads it from the start; ends early and without an error if the signal is aborted. */
  read(signal: AbortSignal): AsyncGenerator<Buffer, void, undefined>;
}

/**
 * Checks all files before any of them is read: a misspelt name must not be found after hours of work.
 *
 * @param fromInput the command that reads a file from standard input, shown if the file is compressed
 * @throws CliError that names the first file that cannot be read
 */
export async function openInputs(
  host: Pick<Host, 'stdin' | 'stderr'>,
  names: readonly string[],
  fromInput: (name: string) => TypedCommand,
): Promise<InputFile[]> {
  const files: InputFile[] = [];
  for (const name of names) {
    files.push(name === '-' ? standardInput(host) : await namedFile(name, fromInput));
  }
  return files;
}

/** The total size of the files, if the size of each one is known. */
export function totalBytes(files: readonly InputFile[]): number | undefined {
  return files.reduce<number | undefined>(
    (sum, { sizeBytes }) => (sum === undefined || sizeBytes === undefined ? undefined : sum + sizeBytes),
    0,
  );
}

function standardInput({ stdin, stderr }: Pick<Host, 'stdin' | 'stderr'>): InputFile {
  const read: InputFile['read'] = (signal) => {
    if (stdin.isTTY === true) {
      writeLine(stderr, 'tradestore: reading standard input, until Ctrl-D');
    }
    return untilAborted('standard input', stdin, signal);
  };
  return { name: '-', sizeBytes: undefined, read };
}

async function namedFile(name: string, fromInput: (name: string) => TypedCommand): Promise<InputFile> {
  const found = await stat(name).catch((error: unknown) => {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : String(error);
    throw usageError(`cannot read ${name}: ${reason}; check the path`, error);
  });
  if (found.isDirectory()) {
    throw usageError(`cannot read ${name}: it is a folder; name the files in it`);
  }
  // opening a pipe a second time would lose what was read from it before
  if (found.isFile()) {
    await refuseCompressed(name, fromInput(name));
  }
  return {
    name,
    sizeBytes: found.isFile() ? found.size : undefined,
    read: (signal) => untilAborted(name, createReadStream(name, { highWaterMark: BYTES_PER_READ }), signal),
  };
}

async function* untilAborted(
  name: string,
  stream: NodeJS.ReadableStream & { destroy(): unknown },
  signal: AbortSignal,
): AsyncGenerator<Buffer, void, undefined> {
  const stop = (): void => void stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (!signal.aborted) {
      for await (const chunk of stream) {
        yield Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
      }
    }
  } catch (error) {
    // after an abort, the error comes from destroying the stream, which ends the wait for its next chunk
    if (!signal.aborted) {
      throw failure(`cannot read ${name}: ${String(error)}`, error);
    }
  } finally {
    signal.removeEventListener('abort', stop);
    stream.destroy();
  }
}
