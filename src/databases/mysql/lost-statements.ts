import { setTimeout as sleep } from 'node:timers/promises';
import type { UnfinishedStatements } from '../pool/connection-source.ts';
import type { ProcessList, ServerThread } from './process-list.ts';

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 250;
/**
 * Attempts to reach the server of a lost connection while another server answers; they take five seconds. Behind a
 * load balancer the server is met again, after a failover it is not.
 */
const MAX_OTHER_SERVER_ANSWERS = 20;

/**
 * Statements whose connection was lost before the server answered. The server may still work on one, or a proxy may
 * still deliver it, so it could run after a later statement, even after its own retry. Each is killed on its server
 * before anything else is sent. The value counts how often in a row another server has answered.
 */
export class LostStatements extends Map<ServerThread, number> implements UnfinishedStatements {
  readonly #processes: ProcessList;

  constructor(processes: ProcessList) {
    super();
    this.#processes = processes;
  }

  /** The connection was lost while the server may have been working for it. */
  add(thread: ServerThread): void {
    this.set(thread, 0);
  }

  async waitUntilFinished(stop: () => boolean): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; this.size > 0 && !stop(); pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      await this.#killAll();
      if (this.size > 0) {
        await sleep(pauseMs, undefined, { ref: false });
      }
    }
  }

  async #killAll(): Promise<void> {
    const threads = [...this.keys()];
    const results = await this.#processes.kill(threads);
    for (const [index, thread] of threads.entries()) {
      const missed = results[index] === 'other-server' ? (this.get(thread) ?? 0) + 1 : 0;
      if (results[index] === 'gone' || missed >= MAX_OTHER_SERVER_ANSWERS) {
        this.delete(thread);
      } else {
        this.set(thread, missed);
      }
    }
  }
}
