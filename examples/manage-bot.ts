/**
 * A small bot manager: adds a bot once, records its heartbeat, books a trade, and finds bots that fell silent.
 * Run it: `npx node examples/manage-bot.ts` (DATABASE_URL says where).
 * In a project of your own, import from 'tradestore'.
 */
import { getDatabaseOperations, isConflictError } from '../src/index.ts';

await using db = getDatabaseOperations();

const stored = await db.bots.getByName('example-grid');
const bot =
  stored ??
  (await db.bots.add({
    name: 'example-grid',
    strategyName: 'grid',
    symbol: 'BTC-USDT',
    timeframe: '5m',
    virtualBalance: '1000',
    config: { levels: 10, spread: '0.002' },
  }));

await db.bots.recordHeartbeat(bot.id);
try {
  const booked = await db.bots.update(
    bot.id,
    { status: 'active', currentBalance: '1001.25' },
    { expectedVersion: bot.version },
  );
  console.log(`${bot.name} is ${booked?.status} with ${booked?.currentBalance}`);
} catch (error) {
  if (!isConflictError(error)) {
    throw error;
  }
  console.log(`${bot.name} was changed meanwhile: read it again and decide again`);
}

for (const silent of await db.bots.findStale(60_000)) {
  console.log(`${silent.name} has been silent since ${silent.lastHeartbeat?.toISOString() ?? 'it was added'}`);
}
