import type { CandleInput, CandleWriter, DatabaseOperations } from '../../src/index.ts';
import { Chooser } from '../support/chooser.ts';
import { Account, candleOf, type Version } from './reconciliation.ts';
import { ROUNDS, Rounds } from './rounds.ts';
import { SIZE, seed } from './run-settings.ts';

const CALLERS = 8;
const SERIES = 5;
// few enough for files to be the writer's way
const UPDATED_PERCENT = 8;

/** How much is written. */
export interface LoadSize {
  readonly writerRows: number;
  readonly singles: number;
  /** How many make the single calls, side by side. @default 8 */
  readonly callers?: number;
}

/**
 * What is written during a fault: rounds of rows through a writer, acknowledged by its `flush()`, and beside
 * them single calls of several callers, each acknowledged by its promise. The rows follow from the seed.
 */
export class Load {
  readonly account = new Account();
  /** What callers were told that went wrong. */
  readonly errors: unknown[] = [];
  readonly #db: DatabaseOperations;
  readonly #size: LoadSize;
  readonly #rounds = new Rounds();

  constructor(db: DatabaseOperations, size: LoadSize = SIZE) {
    this.#db = db;
    this.#size = size;
  }

  get done(): boolean {
    return this.#rounds.done;
  }

  /** Settles when this part of the rounds is acknowledged. */
  at(part: number): Promise<void> {
    return this.#rounds.at(part);
  }

  async run(): Promise<void> {
    const writing = new WriterLoad(this.#db, this.account, this.errors);
    const { writerRows, singles, callers = CALLERS } = this.#size;
    const calling = Array.from({ length: callers }, (_, caller) => new CallerLoad(this.#db, this.account, caller));
    const rows = Math.ceil(writerRows / ROUNDS);
    const calls = Math.ceil(singles / ROUNDS / callers);
    while (!this.done) {
      await Promise.all([writing.round(rows), ...calling.map((caller) => caller.round(calls, this.errors))]);
      this.#rounds.next();
    }
    await writing.end();
  }
}

/** New candles, later versions of some, and the last of those: closed. */
class WriterLoad {
  readonly #db: DatabaseOperations;
  readonly #account: Account;
  readonly #errors: unknown[];
  readonly #choose = new Chooser(seed);
  readonly #open: Version[] = [];
  #minute = 0;
  #writer: CandleWriter;

  constructor(db: DatabaseOperations, account: Account, errors: unknown[]) {
    this.#db = db;
    this.#account = account;
    this.#errors = errors;
    this.#writer = this.#newWriter();
  }

  async round(rows: number): Promise<void> {
    const versions = Array.from({ length: rows }, () => this.#next());
    for (const version of versions) {
      await this.#write(version);
    }
    await this.#flush();
    for (const version of versions) {
      this.#account.candle(version);
    }
  }

  async end(): Promise<void> {
    await this.#writer[Symbol.asyncDispose]();
  }

  #next(): Version {
    const earlier = this.#choose.percent(UPDATED_PERCENT)
      ? this.#open.splice(this.#choose.below(this.#open.length), 1)[0]
      : undefined;
    this.#minute += earlier === undefined ? 1 : 0;
    const version: Version =
      earlier === undefined
        ? { symbol: `W${this.#minute % SERIES}`, minute: this.#minute, version: 1, closed: this.#choose.percent(50) }
        : { ...earlier, version: earlier.version + 1, closed: this.#choose.percent(30) };
    if (!version.closed) {
      this.#open.push(version);
    }
    return version;
  }

  async #write(version: Version): Promise<void> {
    if (!this.#writer.write(candleOf(version)) && !this.#writer.destroyed) {
      await this.#flush();
    }
  }

  /** What a writer that failed still holds goes to another one, as its user would do it. */
  async #flush(): Promise<void> {
    for (;;) {
      try {
        await this.#writer.flush();
        return;
      } catch (error) {
        this.#errors.push(error);
        const { unwritten } = this.#writer;
        this.#writer = this.#newWriter();
        for (const row of unwritten) {
          this.#writer.write(row);
        }
      }
    }
  }

  #newWriter(): CandleWriter {
    const writer = this.#db.marketData.candleWriter({ forceUpdate: 'unless-closed' });
    // told by flush() too
    writer.on('error', () => undefined);
    return writer;
  }
}

/** One caller's single calls, one after the other: candles, new and overwritten, messages, and reads of its own. */
class CallerLoad {
  readonly #db: DatabaseOperations;
  readonly #account: Account;
  readonly #caller: number;
  readonly #choose: Chooser;
  readonly #versions: Version[] = [];
  #calls = 0;

  constructor(db: DatabaseOperations, account: Account, caller: number) {
    this.#db = db;
    this.#account = account;
    this.#caller = caller;
    this.#choose = new Chooser(seed + 1 + caller);
  }

  async round(calls: number, errors: unknown[]): Promise<void> {
    for (let call = 0; call < calls; call += 1) {
      this.#calls += 1;
      await this.#call().catch((error: unknown) => errors.push(error));
    }
  }

  #call(): Promise<void> {
    const kind = this.#choose.below(100);
    if (kind < 80) {
      return this.#upsert(kind < 75 ? 1 : 3);
    }
    return kind < 95 ? this.#insert(kind < 88) : this.#read();
  }

  /** One candle, or several that are stored all or none. */
  async #upsert(count: number): Promise<void> {
    const versions = Array.from({ length: count }, () => this.#next());
    for (const version of versions) {
      // until it is acknowledged, either version may be there
      this.#account.forget(version);
    }
    const candles = versions.map(candleOf);
    await (count === 1
      ? this.#db.marketData.upsertCandle(candles[0] as CandleInput, true)
      : this.#db.marketData.upsertCandles(candles, { forceUpdate: true, atomic: true }));
    for (const version of versions) {
      this.#account.candle(version);
    }
  }

  #next(): Version {
    const again = this.#choose.percent(20) && this.#versions.length > 0;
    const place = again ? this.#choose.below(this.#versions.length) : this.#versions.length;
    const version = {
      symbol: `S${this.#caller}`,
      minute: place,
      version: (this.#versions[place]?.version ?? 0) + 1,
      closed: true,
    };
    this.#versions[place] = version;
    return version;
  }

  async #insert(named: boolean): Promise<void> {
    const symbol = `R${this.#caller}`;
    const payload = `{"caller":${this.#caller},"call":${this.#calls}}`;
    if (named) {
      const sourceId = `call-${this.#calls}`;
      await this.#db.rawTrades.insertMarketDataPoint({
        symbol,
        dataType: 'trade',
        timestamp: this.#calls,
        sourceId,
        payload,
      });
    } else {
      await this.#db.rawTrades.insertRawWebsocketData({ symbol, dataType: 'ticker', rawData: payload });
    }
    this.#account.message(payload);
  }

  async #read(): Promise<void> {
    await this.#db.marketData.countCandles({ symbol: `S${this.#caller}`, timeframe: '1m' });
  }
}
