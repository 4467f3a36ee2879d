import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { TaskAnswer } from './serve-task.ts';

/** Runs a task in a new process, so that its memory is its own. */
export async function runTask<Figures extends Readonly<Record<string, number | string>>>(
  file: string,
  parameters: object,
): Promise<Figures> {
  const child = fork(new URL(`tasks/${file}.ts`, import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  const answered = once(child, 'message') as Promise<[TaskAnswer]>;
  child.send(parameters);
  const [answer] = await Promise.race([
    answered,
    ended.then(([code, signal]): [TaskAnswer] => [{ error: `its process ended with ${signal ?? code}` }]),
  ]);
  await ended;
  if (answer.figures === undefined) {
    throw new Error(answer.error ?? 'its process said nothing');
  }
  return answer.figures as Figures;
}
