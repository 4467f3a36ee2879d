import { subscribe } from 'node:diagnostics_channel';
import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { finished } from 'node:stream/promises';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { DatabaseOperations, isInvalidInputError } from '../../src/index.ts';
import { Chooser } from '../support/chooser.ts';
import { ALWAYS, bot, candle, point, SERIES } from '../support/samples.ts';

// Usage: flat-process.ts URL SEED OPERATIONS. Does so many operations of every sort, in rounds, and prints what
// there is after each round, with nothing under way: connections, listeners, timers and memory. Runs by
// --expose-gc. The process has to come to its end by itself.

/** What there is after a round. */
export interface Sample {
  readonly operations: number;
  /** Of the instance, by the server's own list. */
  readonly connections: number;
  readonly inUse: number;
  readonly sockets: number;
  /** On the one that has most. */
  readonly listenersOnSocket: number;
  readonly listenersOnProcess: number;
  readonly listenersOnSignal: number;
  readonly timers: number;
  readonly heapBytes: number;
  readonly outsideHeapBytes: number;
}

const [url = '', seed = '', count = ''] = process.argv.slice(2);
const ROUNDS = 20;
const CALLERS = 8;
// the tables do not grow: what is written are these keys, again and again
const KEYS = 300;

const sockets = new Set<Socket>();
subscribe('net.client.socket', (message) => {
  const { socket } = message as { socket: Socket };
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
});

const admin = await createConnection(url.replace(/^mariadb:/, 'mysql:'));
const ownSockets = sockets.size;
const ownConnections = await connections();
const { signal } = new AbortController();
let branches = 0;
const db = new DatabaseOperations({ url, pool: { max: 4 } });
await db.migrations.up();
const { id } = await db.bots.add(bot());
const undone = new Error('undone');

/** One operation of each sort, with how many of a hundred are of it. */
const SORTS: readonly (readonly [share: number, operation: (choose: Chooser) => Promise<unknown>])[] = [
  [25, (choose) => db.marketData.upsertCandle(candle(choose.below(KEYS), { volume: choose.below(9) }), true)],
  [12, (choose) => db.marketData.getCandles({ ...SERIES, ...ALWAYS, limit: 1 + choose.below(50) })],
  [8, () => db.marketData.getLatestCandle(SERIES)],
  [4, () => db.marketData.getCandleColumns({ ...SERIES, ...ALWAYS, limit: 100 })],
  [8, (choose) => db.rawTrades.insertMarketDataPoint(point(choose.below(KEYS)))],
  [
    3,
    (choose) =>
      db.marketData.upsertCandles(
        [0, 1, 2].map(() => candle(choose.below(KEYS))),
        { atomic: true },
      ),
  ],
  [4, () => db.bots.recordHeartbeat(id)],
  [4, () => db.health()],
  [1, () => db.getStats()],
  [
    6,
    (choose) =>
      db.transaction(async (tx) => {
        await tx.marketData.upsertCandle(candle(choose.below(KEYS), { symbol: 'TX' }), true);
        await tx.transaction((inner) => inner.marketData.countCandles(SERIES));
      }),
  ],
  [
    3,
    (choose) =>
      db
        .transaction(async (tx) => {
          await tx.marketData.upsertCandle(candle(choose.below(KEYS), { symbol: 'UNDONE' }), true);
          throw undone;
        })
        .catch((error: unknown) => expectError(error === undone, error)),
  ],
  [3, () => leaveEarly(db.marketData.streamCandles({ ...SERIES, ...ALWAYS, pageRows: 20, signal }))],
  [3, () => leaveEarly(db.marketData.streamCandles({ ...SERIES, ...ALWAYS, pageRows: 20, mode: 'snapshot', signal }))],
  [2, () => readAll(db.rawTrades.streamRawTrades({ ...ALWAYS, symbol: 'BTC-USDT', dataType: 'trade', signal }))],
  [4, (choose) => writeSome(choose)],
  [1, () => leaveEarly(db.watchHealth({ intervalMs: 1, signal }))],
  [2, (choose) => db.sql.query`select symbol, close from market_data where trade_count = ${choose.below(9)} limit 5`],
  // its connection is reset before it is lent again
  [1, (choose) => db.sql.execute('set @flat = ?', [choose.below(9)])],
  [1, () => leaveEarly(db.sql.stream('select symbol from market_data', [], { batchSize: 2, signal }))],
  [1, (choose) => prepareAndFinish(choose)],
  [
    4,
    () =>
      db.marketData
        .upsertCandle({ ...candle(), symbol: '' })
        .catch((error: unknown) => expectError(isInvalidInputError(error), error)),
  ],
];
const DEALT = SORTS.flatMap(([share, operation]) => Array.from({ length: share }, () => operation));

const samples: Sample[] = [];
const choosers = Array.from({ length: CALLERS }, (_, caller) => new Chooser(Number(seed) + caller));
const perRound = Math.ceil(Number(count) / ROUNDS / CALLERS);
for (let round = 1; round <= ROUNDS; round += 1) {
  await Promise.all(
    choosers.map(async (choose) => {
      for (let operation = 0; operation < perRound; operation += 1) {
        await choose.of(DEALT)(choose);
      }
    }),
  );
  // an instance that lives for a moment must not leave anything either
  const other = new DatabaseOperations({ url });
  await other.healthCheck();
  await other.close();
  samples.push(await look(round * perRound * CALLERS));
}
await db.close();
await settled();
const left = (await connections()) - ownConnections;
await admin.end();
console.log(JSON.stringify({ samples, left }));

async function look(operations: number): Promise<Sample> {
  await settled();
  const collect = globalThis.gc;
  if (collect === undefined) {
    throw new Error('run it with --expose-gc');
  }
  for (let pass = 0; pass < 4; pass += 1) {
    collect();
    // what finalizers let go of is collected the next time
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  const { heapUsed, external } = process.memoryUsage();
  const { size, free, pending } = db.pool;
  return {
    operations,
    connections: (await connections()) - ownConnections,
    inUse: size - free + pending,
    sockets: sockets.size - ownSockets,
    listenersOnSocket: Math.max(...[...sockets].map(listenersOn)),
    listenersOnProcess: listenersOn(process),
    listenersOnSignal: getEventListeners(signal, 'abort').length,
    timers: timers(),
    heapBytes: heapUsed,
    outsideHeapBytes: external,
  };
}

/** Waits for what ends a moment later, like a connection that says farewell. */
async function settled(): Promise<void> {
  for (let wait = 0; wait < 60; wait += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (timers() === 0 && (await connections()) - ownConnections === db.pool.size) {
      return;
    }
  }
}

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

function listenersOn(emitter: Pick<NodeJS.EventEmitter, 'eventNames' | 'listenerCount'>): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

async function connections(): Promise<number> {
  const [rows] = await admin.query<RowDataPacket[]>(
    'select count(*) as open from information_schema.processlist where db = database() and id <> connection_id()',
  );
  return Number(rows[0]?.['open']);
}

async function leaveEarly(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows) {
    return;
  }
}

async function readAll(rows: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of rows) {
    // to the end
  }
}

async function prepareAndFinish(choose: Chooser): Promise<void> {
  branches += 1;
  const branch = db.twoPhase(`flat-${branches}`, (tx) =>
    tx.marketData.upsertCandle(candle(choose.below(KEYS), { symbol: 'BRANCH' }), true),
  );
  const prepared = await branch.prepare();
  await (choose.percent(50) ? prepared.commit() : prepared.rollback());
}

async function writeSome(choose: Chooser): Promise<void> {
  const writer = choose.percent(50)
    ? db.marketData.candleWriter({ forceUpdate: true, signal })
    : db.marketData.candleWriter({ batchRows: 2, highWaterMark: 4, flushIntervalMs: 5, signal });
  for (let row = 0; row < 5; row += 1) {
    writer.write(candle(choose.below(KEYS), { symbol: 'WRITER' }));
  }
  if (choose.percent(20)) {
    writer.destroy();
  } else {
    writer.end();
  }
  await finished(writer).catch((error: unknown) => expectError(writer.destroyed, error));
}

function expectError(expected: boolean, error: unknown): void {
  if (!expected) {
    throw error;
  }
}
