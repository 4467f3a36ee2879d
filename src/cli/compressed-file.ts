import { open } from 'node:fs/promises';
import { usageError } from './cli-error.ts';
import { quoted, shellWord, type TypedCommand } from './typed-command.ts';

/** The first bytes of a compressed file, and the command that unpacks it to standard output. */
const FORMATS = [
  { name: 'a zip file', magic: [0x50, 0x4b], unpack: 'unzip -p' },
  { name: 'a gzip file', magic: [0x1f, 0x8b], unpack: 'gzip -dc' },
] as const;

/**
 * Refuses a compressed file, of which every line would be broken.
 *
 * @param fromInput the command that reads the unpacked file from standard input
 * @throws CliError that shows how to unpack the file into that command
 */
export async function refuseCompressed(path: string, fromInput: TypedCommand): Promise<void> {
  const start = await firstBytes(path);
  const format = FORMATS.find(({ magic }) => magic.every((byte, index) => start[index] === byte));
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
