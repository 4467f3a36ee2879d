import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { failure, usageError } from './cli-error.ts';
import type { Host } from './host.ts';
import { writeLine } from './output.ts';
import { quoted, shellWord, type TypedCommand } from './typed-command.ts';

const BYTES_PER_READ = 256 * 1024;
/** The first bytes of a compressed file, and the command that unpacks it to standard output. */
const COMPRESSED = [
  { name: 'a zip file', magic: [0x50, 0x4b], unpack: 'unzip -p' },
  { name: 'a gzip file', magic: [0x1f, 0x8b], unpack: 'gzip -dc' },
] as const;

/** A file from the command line; `-` is standard input. */
export interface InputFile {
  readonly name: string;
  /** Unknown unless it is a regular file. */
  readonly sizeBytes: number | undefined;
  /** Reads it from the start; ends early and without an error if the signal is aborted. */
  read(signal: AbortSignal, onRead: (bytes: number) => void): AsyncGenerator<Buffer, void, undefined>;
}

/**
 * Checks all files before any of them is read: a misspelt name must not be found after hours of work.
 *
 * @param fromInput the command that reads a file from standard input, shown if the file is compressed
 * @throws CliError that names the first file that cannot be read, or if standard input is named twice
 */
export async function openInputs(
  host: Pick<Host, 'stdin' | 'stderr'>,
  names: readonly string[],
  fromInput: (name: string) => TypedCommand,
): Promise<InputFile[]> {
  if (names.filter((name) => name === '-').length > 1) {
    throw usageError('standard input (-) can be read only once; name it once');
  }
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
  const read: InputFile['read'] = (signal, onRead) => {
    if (stdin.isTTY === true) {
      writeLine(stderr, 'tradestore: reading standard input, until Ctrl-D');
    }
    return chunksOf('standard input', stdin, signal, onRead);
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
    read: (signal, onRead) => chunksOf(name, createReadStream(name, { highWaterMark: BYTES_PER_READ }), signal, onRead),
  };
}

async function* chunksOf(
  name: string,
  stream: Readable,
  signal: AbortSignal,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of addAbortSignal(signal, stream)) {
      const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
      onRead(bytes.length);
      yield bytes;
    }
  } catch (error) {
    // an abort destroys the stream, which ends the wait for its next chunk
    if (!signal.aborted) {
      throw failure(`cannot read ${name}: ${String(error)}`, error);
    }
  }
}

/**
 * Refuses a compressed file, of which every line would be broken.
 *
 * @param fromInput the command that reads the unpacked file from standard input
 * @throws CliError that shows how to unpack the file into that command
 */
async function refuseCompressed(path: string, fromInput: TypedCommand): Promise<void> {
  const start = await firstBytes(path);
  const format = COMPRESSED.find(({ magic }) => magic.every((byte, index) => start[index] === byte));
  if (format !== undefined) {
    const command = `${format.unpack} ${shellWord(path)} | ${fromInput.text}`;
    throw usageError(`${path} is ${format.name}; unpack it with ${quoted({ ...fromInput, text: command })}`);
  }
}

async function firstBytes(path: string): Promise<Buffer> {
  const file = await open(path).catch((error: unknown) => {
    throw usageError(`cannot read ${path}: ${String(error)}; check its permissions`, error);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
