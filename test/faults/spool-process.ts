/**
 * A collector that writes through an outage: every second row a candle, every other one a message, with a spool
 * for both. It tells on each line how many rows are acknowledged, and ends when all are in the database.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseOperations } from '../../src/index.ts';
import { NEW_YEAR } from '../support/samples.ts';
import { candleOf } from './reconciliation.ts';
import { candleAt, messageAt, type SpoolingReport } from './spooled-rows.ts';

const ROWS_PER_FLUSH = 250;

const [url, directory, rows] = process.argv.slice(2) as [string, string, string];
const outage = { baseDelayMs: 10, maxDelayMs: 100, maxElapsedMs: 1_000 };
const db = new DatabaseOperations({ url, retry: { outage } });
const spool = { directory };
const candles = db.marketData.candleWriter({ spool });
const messages = db.rawTrades.rawTradeWriter({ spool });
let acknowledged = 0;

const tell = (): Promise<void> => {
  const { rows: spooled = 0, full = false } = candles.stats().spool ?? {};
  const report: SpoolingReport = { acknowledged, spooled, full };
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify(report)}\n`, () => resolve()));
};

const telling = setInterval(() => void tell(), 50);
for (let row = 0; row < Number(rows); row += 2) {
  candles.write(candleOf(candleAt(row)));
  messages.write({ symbol: 'SPOOLED', dataType: 'trade', timestamp: NEW_YEAR + row, rawData: messageAt(row + 1) });
  if ((row + 2) % ROWS_PER_FLUSH === 0 || row + 2 >= Number(rows)) {
    await Promise.all([candles.flush(), messages.flush()]);
    acknowledged = row + 2;
    await tell();
  }
}
while ((candles.stats().spool?.rows ?? 0) > 0) {
  await sleep(50);
}
clearInterval(telling);
await db.close();
await tell();
