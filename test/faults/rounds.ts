import { byForm } from './run-settings.ts';

export const ROUNDS = byForm({ whole: 100, short: 20 });

/** How far a load is, for whoever waits until it is far enough. */
export class Rounds {
  readonly #waiting: { readonly rounds: number; readonly go: () => void }[] = [];
  readonly #rounds: number;
  #done = 0;

  constructor(rounds = ROUNDS) {
    this.#rounds = rounds;
  }

  get done(): boolean {
    return this.#done >= this.#rounds;
  }

  /** Settles when this part of the rounds is done. */
  at(part: number): Promise<void> {
    const rounds = Math.floor(part * this.#rounds);
    return rounds <= this.#done
      ? Promise.resolve()
      : new Promise((resolve) => this.#waiting.push({ rounds, go: resolve }));
  }

  /** Another one is done. */
  next(): void {
    this.#done += 1;
    for (const { rounds, go } of this.#waiting) {
      if (rounds <= this.#done) {
        go();
      }
    }
  }
}
