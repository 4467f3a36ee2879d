import type { Runner, RunOptions, Session } from './session.ts';

/** What every repository has: a name for its operations, and a runner. */
export abstract class BaseRepository {
  readonly #name: string;
  readonly #runner: Runner;
  protected readonly defaultExchange: string;

  /** @internal */
  constructor(name: string, runner: Runner, defaultExchange: string) {
    this.#name = name;
    this.#runner = runner;
    this.defaultExchange = defaultExchange;
  }

  /** The public name of an operation, as errors and logs give it. @internal */
  protected operation(method: string): string {
    return `${this.#name}.${method}`;
  }

  /** @internal */
  protected run<T>(method: string, options: RunOptions, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#runner.run(this.operation(method), options, work);
  }

  /** @internal */
  protected whole<T>(method: string, work: () => Promise<T>): Promise<T> {
    return this.#runner.whole(this.operation(method), work);
  }

  /** @internal */
  protected read<T>(method: string, work: (session: Session) => Promise<T>): Promise<T> {
    return this.#runner.run(this.operation(method), { idempotent: true }, work);
  }
}
