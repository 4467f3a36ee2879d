import type { CandleWriter, DatabaseOperations } from '../../src/index.ts';
import type { AnyLoad } from './fault-scenario.ts';
import { Account, candleOf, type Version } from './reconciliation.ts';
import { Rounds } from './rounds.ts';

const CANDLES = 3;

/** One round, for whoever makes the first of its writes late. */
export interface OvertakenRound {
  readonly round: number;
  /** Writes a version of each candle. */
  first(): Promise<void>;
  /** Writes the next version of each. */
  second(): Promise<void>;
}

/** In each round, versions of the same few candles: in turn through a writer, by single calls and by batches. */
export class OvertakenLoad implements AnyLoad {
  readonly account = new Account();
  readonly errors: unknown[] = [];
  readonly #rounds: Rounds;
  readonly #db: DatabaseOperations;
  readonly #fault: (round: OvertakenRound) => Promise<void>;
  #version = 0;

  constructor(db: DatabaseOperations, rounds: number, fault: (round: OvertakenRound) => Promise<void>) {
    this.#db = db;
    this.#rounds = new Rounds(rounds);
    this.#fault = fault;
  }

  get done(): boolean {
    return this.#rounds.done;
  }

  at(part: number): Promise<void> {
    return this.#rounds.at(part);
  }

  async run(): Promise<void> {
    await using writer = this.#db.marketData.candleWriter({ forceUpdate: true });
    // told by flush() too
    writer.on('error', () => undefined);
    for (let round = 0; !this.done; round += 1) {
      const write = (): Promise<void> => this.#write(round, writer).catch((error) => void this.errors.push(error));
      // there is a row to lock, and a connection that is idle
      await write();
      await this.#fault({ round, first: write, second: write });
      this.#rounds.next();
    }
  }

  async #write(round: number, writer: CandleWriter): Promise<void> {
    this.#version += 1;
    const versions = Array.from(
      { length: CANDLES },
      (_, index): Version => ({
        symbol: 'OVERTAKEN',
        minute: CANDLES * round + index,
        version: this.#version,
        closed: false,
      }),
    );
    const candles = versions.map(candleOf);
    const ways = [
      async () => {
        for (const candle of candles) {
          writer.write(candle);
        }
        await writer.flush();
      },
      () => Promise.all(candles.map((candle) => this.#db.marketData.upsertCandle(candle, true))),
      () => this.#db.marketData.upsertCandles(candles, { forceUpdate: true }),
    ];
    await ways[round % ways.length]?.();
    for (const version of versions) {
      this.account.candle(version);
    }
  }
}
