import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessList } from '../mysql/process-list.ts';
import type { ServerThread } from '../mysql/server-thread.ts';

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 250;
/**
 * So often the server of a lost connection is looked for, in five seconds, while it is another one that answers:
 * behind a balancer it is met again, and after a failover it is not.
 */
const LOOKS_FOR_ITS_SERVER = 20;

/**
 * Statements whose connection was lost before the server had answered them. The server may still work on one, or
 * a proxy still have it, and it would then be done after what is sent later, its own repetition included. So
 * nothing is sent before each has been ended where it was begun.
 */
export class Unsettled {
  readonly #processes: ProcessList;
  /** How often in a row another server has answered. */
  readonly #threads = new Map<ServerThread, number>();

  constructor(processes: ProcessList) {
    this.#processes = processes;
  }

  get empty(): boolean {
    return this.#threads.size === 0;
  }

  /** The connection was lost while the server may have worked for it. */
  add(thread: ServerThread): void {
    this.#threads.set(thread, 0);
  }

  /**
   * Settles when nothing of them can happen any more: each is gone from its server's list after it was killed, or
   * that server has started anew, or it is not met any more.
   *
   * @param over whether nobody waits for it any more
   * @throws what keeps it from asking; it can be tried again
   */
  async settle(over: () => boolean): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; !this.empty && !over(); pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      await this.#look();
      if (!this.empty) {
        await sleep(pauseMs, undefined, { ref: false });
      }
    }
  }

  async #look(): Promise<void> {
    const threads = [...this.#threads.keys()];
    const endings = await this.#processes.end(threads);
    for (const [index, thread] of threads.entries()) {
      const missed = endings[index] === 'elsewhere' ? (this.#threads.get(thread) ?? 0) + 1 : 0;
      if (endings[index] === 'over' || missed >= LOOKS_FOR_ITS_SERVER) {
        this.#threads.delete(thread);
      } else {
        this.#threads.set(thread, missed);
      }
    }
  }
}
