import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { KeptFolder } from './kept-folder.ts';

interface RunOptions {
  /** Where it works; it ends when the folder goes. */
  folder: KeptFolder;
  /** What it reads on standard input. */
  input?: string;
}

/** Runs a program to its end and returns what it printed. */
export async function run(command: string, args: string[], { folder, input }: RunOptions): Promise<string> {
  const child = spawn(command, args, {
    cwd: folder.path,
    detached: true,
    env: { ...process.env, LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  folder.runs(child.pid);
  // A program that fails before it has read everything is reported by its exit code.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [[code, signal], output, complaints] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ]).finally(() => folder.runs());
  if (code !== 0) {
    const called = [command.split('/').at(-1), args.find((arg) => /^[a-z]+$/.test(arg))].filter(Boolean).join(' ');
    throw new Error(`${called} ended with ${signal ?? code}: ${lastLines(complaints || output)}`);
  }
  return output;
}

/** The last output of a failed program, short enough for one line of a report. */
export function lastLines(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const errors = lines.filter((line) => /error|^E: /i.test(line));
  return (errors.length > 0 ? errors : lines).slice(-3).join(' / ').slice(0, 600) || 'it printed nothing';
}
