import { spawn } from 'node:child_process';
import { join } from 'node:path';

/**
 * Runs a program of this folder in a process of its own and reads what it prints last, as JSON.
 *
 * @throws an error with the end of what it wrote, when it ends in any other way: by a rejection that nobody handles too
 */
export async function runProcess<Report>(program: string, options: readonly string[]): Promise<Report> {
  const child = spawn(
    process.execPath,
    [
      '--expose-gc',
      // what it makes of functions stays, so that memory does not fall for reasons of its own
      '--no-flush-bytecode',
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, program),
      ...options,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [output, errors] = ['', ''];
  child.stdout.on('data', (data) => {
    output += data;
  });
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...ending) => resolve(ending));
  });
  if (code !== 0 || errors !== '') {
    throw new Error(`${program} ended with ${code ?? signal}: ${errors.slice(-2_000)}`);
  }
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Report;
}
