import { fork, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PYTHON } from '../python/environment.ts';
import { type Answer, ContenderProcess } from './contender-process.ts';

const SERVE_NODE = new URL('serve-node.ts', import.meta.url);
const SERVE_PYTHON = fileURLToPath(new URL('../python/serve.py', import.meta.url));

/** Requests and answers are messages of Node's. */
export function startNode(): ContenderProcess {
  const child = fork(SERVE_NODE, {
    execArgv: ['--disable-warning=ExperimentalWarning', '--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new ContenderProcess({
    child,
    send: (request) => child.send(request),
    listen: (listener) => child.on('message', (answer: Answer) => listener(answer)),
  });
}

/** Requests and answers are lines of JSON. */
export function startPython(): ContenderProcess {
  const child = spawn(PYTHON, ['-u', SERVE_PYTHON], { stdio: ['pipe', 'pipe', 'inherit'] });
  // rejects the pending answer when the process ends
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout });
  return new ContenderProcess({
    child,
    send: (request) => child.stdin.write(`${JSON.stringify(request)}\n`),
    listen: (listener) => lines.on('line', (line) => listener(JSON.parse(line) as Answer)),
  });
}
