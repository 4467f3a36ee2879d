import type { CandleWriter, DatabaseOperations } from '../../src/index.ts';
import { Chooser } from '../support/chooser.ts';
import { shuffled } from '../support/shuffled.ts';
import { Account, candleOf, type Version } from './reconciliation.ts';
import { ROUNDS, Rounds } from './rounds.ts';
import { SIZE, seed } from './run-settings.ts';

const WRITERS = 8;
/** Of the keys of a round, how many each writer writes. */
const OVERLAP_PERCENT = 60;

/**
 * Writers that write the same candles at the same time, each some of them and in an order of its own, and
 * beside each of them transactions of two candles in whatever order. Within a round all write the same versions.
 */
export class ContentionLoad {
  readonly account = new Account();
  readonly errors: unknown[] = [];
  readonly #db: DatabaseOperations;
  readonly #rounds = new Rounds();
  readonly #choose = new Chooser(seed);

  constructor(db: DatabaseOperations) {
    this.#db = db;
  }

  get done(): boolean {
    return this.#rounds.done;
  }

  at(part: number): Promise<void> {
    return this.#rounds.at(part);
  }

  async run(): Promise<void> {
    const keys = Math.ceil(SIZE.writerRows / ROUNDS / WRITERS / (OVERLAP_PERCENT / 100));
    const pairs = Math.ceil(SIZE.singles / ROUNDS / WRITERS);
    const writers = Array.from({ length: WRITERS }, () =>
      this.#db.marketData.candleWriter({ forceUpdate: true }).on('error', (error) => this.errors.push(error)),
    );
    for (let version = 1; !this.done; version += 1) {
      const versions = Array.from({ length: keys }, (_, minute) => ({ symbol: 'C', minute, version, closed: true }));
      await Promise.all([
        ...writers.map((writer) => this.#write(writer, this.#someOf(versions))),
        ...writers.map(() => this.#transact(pairs, this.#someOf(versions))),
      ]);
      this.#rounds.next();
    }
    await Promise.all(writers.map((writer) => writer[Symbol.asyncDispose]()));
  }

  #someOf(versions: readonly Version[]): Version[] {
    const some = versions.filter(() => this.#choose.percent(OVERLAP_PERCENT));
    return shuffled(some, this.#choose.below(2 ** 31));
  }

  async #write(writer: CandleWriter, versions: readonly Version[]): Promise<void> {
    for (const version of versions) {
      writer.write(candleOf(version));
    }
    await writer.flush().catch(() => undefined);
    this.#acknowledge(versions);
  }

  async #transact(pairs: number, versions: readonly Version[]): Promise<void> {
    for (let pair = 0; pair < pairs; pair += 1) {
      const two = versions.slice(2 * pair, 2 * pair + 2);
      try {
        await this.#db.transaction(async (tx) => {
          for (const version of two) {
            await tx.marketData.upsertCandle(candleOf(version), true);
          }
        });
        this.#acknowledge(two);
      } catch (error) {
        this.errors.push(error);
      }
    }
  }

  #acknowledge(versions: readonly Version[]): void {
    for (const version of versions) {
      this.account.candle(version);
    }
  }
}
