import type { Target } from '../contender.ts';
import type { Contestant } from '../contestants.ts';
import type { ContenderProcess } from './contender-process.ts';
import { startNode, startPython } from './start.ts';

/** The processes of a run: one for each contestant and database, kept alive from work to work. */
export class Team {
  /** What each contestant uses of its library. */
  readonly how = new Map<string, string>();
  readonly #members = new Map<string, ContenderProcess>();

  async member(contestant: Contestant, target: Target): Promise<ContenderProcess> {
    const key = `${contestant.name} on ${target.database}`;
    const known = this.#members.get(key);
    if (known !== undefined) {
      return known;
    }
    const started = contestant.language === 'node' ? startNode() : startPython();
    this.#members.set(key, started);
    this.how.set(contestant.name, await started.open(contestant.file, target));
    return started;
  }

  /** Ends its processes; the next work gets new ones. */
  async dismiss({ name }: Contestant): Promise<void> {
    for (const [key, member] of this.#members) {
      if (key.startsWith(`${name} on `)) {
        this.#members.delete(key);
        await member.close();
      }
    }
  }

  async dismissAll(): Promise<void> {
    await Promise.all([...this.#members.values()].map((member) => member.close()));
    this.#members.clear();
  }
}
