import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from '@jest/globals';
import type { DatabaseOperations, SpoolState } from '../../src/index.ts';
import { Chooser } from '../support/chooser.ts';
import { until } from '../support/until.ts';
import { type AnyLoad, type FaultRun, faultScenario, type Stage } from './fault-scenario.ts';
import { Account, candleOf, type Version } from './reconciliation.ts';
import { ROUNDS, Rounds } from './rounds.ts';
import { byForm, SIZE, seed } from './run-settings.ts';

const SYMBOLS = 5;
const LATER_PERCENT = 40;
const OUTAGE = { baseDelayMs: 10, maxDelayMs: 100 };
const TIMEOUT_MS = byForm({ whole: 600_000, short: 60_000 });
/** What somebody may do to the tables of a database while a collector runs, and how it is undone. */
const DRIFTS: readonly (readonly [what: string, change: (name: string) => string, undo: (name: string) => string])[] = [
  [
    'a column that nobody fills',
    (name) => `alter table ${name}.market_data add column venue int not null`,
    (name) => `alter table ${name}.market_data drop column venue`,
  ],
  [
    'a trigger that refuses candles',
    (name) => `create trigger ${name}.refuse before insert on ${name}.market_data for each row signal sqlstate '45000'`,
    (name) => `drop trigger ${name}.refuse`,
  ],
  [
    'one that takes messages for too long',
    (name) =>
      `create trigger ${name}.refuse before insert on ${name}.raw_trades for each row signal sqlstate '22001' set mysql_errno = 1406`,
    (name) => `drop trigger ${name}.refuse`,
  ],
  [
    'a table that is away',
    (name) => `rename table ${name}.market_data to ${name}.hidden`,
    (name) => `rename table ${name}.hidden to ${name}.market_data`,
  ],
];

/** Writers that overwrite and share a spool: new candles, and later versions of those written before. */
class SpoolingLoad implements AnyLoad {
  readonly account = new Account();
  readonly errors: unknown[] = [];
  readonly #rounds = new Rounds();
  readonly #choose = new Chooser(seed);
  readonly #versions: Version[] = [];
  readonly #db: DatabaseOperations;
  readonly #directory: string;
  #messages = 0;
  /** The part of the rows that may be written by now. */
  limit = 0;
  state: () => SpoolState | undefined = () => undefined;

  constructor(db: DatabaseOperations, directory: string) {
    this.#db = db;
    this.#directory = directory;
  }

  get done(): boolean {
    return this.#rounds.done;
  }

  at(part: number): Promise<void> {
    return this.#rounds.at(part);
  }

  async run(): Promise<void> {
    const spool = { directory: this.#directory };
    const candles = this.#db.marketData.candleWriter({ forceUpdate: true, spool });
    const messages = this.#db.rawTrades.rawTradeWriter({ spool });
    this.state = () => candles.stats().spool;
    for (const writer of [candles, messages]) {
      writer.on('error', (error) => this.errors.push(error));
    }
    for (let round = 0; !this.done; round += 1) {
      await until(() => round < Math.ceil(this.limit * ROUNDS), { withinMs: TIMEOUT_MS });
      const written = Array.from({ length: Math.ceil(SIZE.writerRows / 4 / ROUNDS) }, () => this.#next());
      const payloads = Array.from({ length: Math.ceil(SIZE.singles / ROUNDS) }, () => this.#payload());
      for (const version of written) {
        candles.write(candleOf(version));
      }
      for (const rawData of payloads) {
        messages.write({ symbol: 'DRIFT', dataType: 'trade', rawData });
      }
      await Promise.all([candles.flush(), messages.flush()]).catch((error: unknown) => this.errors.push(error));
      for (const version of written) {
        this.account.candle(version);
      }
      for (const payload of payloads) {
        this.account.message(payload);
      }
      this.#rounds.next();
    }
    await until(() => this.state()?.rows === 0, { withinMs: TIMEOUT_MS });
    expect(this.state()).toMatchObject({ refused: 0, error: null });
  }

  #payload(): string {
    this.#messages += 1;
    return `{"message":${this.#messages}}`;
  }

  #next(): Version {
    const place = this.#choose.percent(LATER_PERCENT)
      ? this.#choose.below(this.#versions.length)
      : this.#versions.length;
    const { version = 0 } = this.#versions[place] ?? {};
    const next = { symbol: `D${place % SYMBOLS}`, minute: place, version: version + 1, closed: place % 2 === 0 };
    this.#versions[place] = next;
    return next;
  }
}

/** Changes the tables for a while, in which rows are spooled and none is blamed. */
async function drift(scenario: Stage, { db, at }: FaultRun, load: SpoolingLoad): Promise<void> {
  const name = String(await db.sql.scalar('select database()'));
  const write = async (steps: number): Promise<void> => {
    load.limit = steps / (2 * DRIFTS.length + 1);
    await at(load.limit);
  };
  for (const [index, [, change, undo]] of DRIFTS.entries()) {
    await write(2 * index + 1);
    await scenario.sql(change(name));
    await write(2 * index + 2);
    await until(() => (load.state()?.rows ?? 0) > 0 && load.state()?.error !== null, { withinMs: TIMEOUT_MS });
    expect(load.state()).toMatchObject({ refused: 0 });
    await scenario.sql(undo(name));
    await until(() => load.state()?.rows === 0, { withinMs: TIMEOUT_MS });
  }
  load.limit = 1;
}

faultScenario('a spool under tables that change on a', [], (scenario) => {
  const folder = mkdtempSync(join(tmpdir(), 'tradestore-drift-'));
  let load: SpoolingLoad | undefined;

  afterAll(() => rmSync(folder, { recursive: true }));

  scenario.holds('schema drift under a spool', (run) => drift(scenario, run, load as SpoolingLoad), {
    quiet: true,
    options: { retry: { outage: OUTAGE } },
    load: (db) => {
      load = new SpoolingLoad(db, folder);
      return load;
    },
  });
});
