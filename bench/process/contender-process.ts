import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Target } from '../contender.ts';
import type { Measurement, Order } from './order.ts';

const ANSWER_TIMEOUT_MS = 900_000;
const CLOSE_TIMEOUT_MS = 5_000;

export interface Answer {
  readonly result?: unknown;
  readonly error?: string;
}

/** How to talk to a process, whatever language it is written in. */
export interface Line {
  readonly child: ChildProcess;
  send(request: object): void;
  /** Sets the listener for the answers of the process. */
  listen(listener: (answer: Answer) => void): void;
}

/** A contender that works in its own process. */
export class ContenderProcess {
  readonly #line: Line;
  #settle: ((answer: Answer) => void) | undefined;

  constructor(line: Line) {
    this.#line = line;
    line.listen((answer) => this.#settle?.(answer));
    line.child.once('exit', (code, signal) => this.#settle?.({ error: `its process ended with ${signal ?? code}` }));
    // a program that cannot be started has no exit
    line.child.once('error', (error) => this.#settle?.({ error: error.message }));
  }

  /** Connects it, and returns which part of its library it uses. */
  async open(file: string, target: Target): Promise<string> {
    const { how } = (await this.#ask({ open: { file, target } })) as { how: string };
    return how;
  }

  /** Returns nothing if the contender does not offer it. */
  async carryOut(order: Order): Promise<Measurement | undefined> {
    const result = (await this.#ask({ order })) as Measurement | { notOffered: true };
    return 'notOffered' in result ? undefined : result;
  }

  async close(): Promise<void> {
    const { child, send } = this.#line;
    if (this.#hasEnded()) {
      return;
    }
    const ended = once(child, 'exit');
    const timeout = setTimeout(() => child.kill('SIGKILL'), CLOSE_TIMEOUT_MS);
    send({ close: true });
    await ended;
    clearTimeout(timeout);
  }

  async #ask(request: object): Promise<unknown> {
    const { child, send } = this.#line;
    if (this.#hasEnded()) {
      throw new Error('its process has ended');
    }
    const answer = await new Promise<Answer>((resolve) => {
      const timeout = setTimeout(() => {
        child.kill('SIGKILL');
        resolve({ error: `no answer in ${ANSWER_TIMEOUT_MS / 1000} s` });
      }, ANSWER_TIMEOUT_MS);
      this.#settle = (given) => {
        clearTimeout(timeout);
        resolve(given);
      };
      send(request);
    });
    this.#settle = undefined;
    if (answer.error !== undefined) {
      throw new Error(answer.error);
    }
    return answer.result;
  }

  #hasEnded(): boolean {
    const { child } = this.#line;
    return child.exitCode !== null || child.signalCode !== null;
  }
}
