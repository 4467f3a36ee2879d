import { MikroORM } from '@mikro-orm/core';
import { ConfigurationError, DatabaseOperations } from 'tradestore';
import { Bot, mikroOrmOptions } from 'tradestore/mikro-orm';
import config, { Signal } from './mikro-orm.config.mjs';

const db = new DatabaseOperations({ url: 'sqlite:./own.db' });
const { id } = await db.bots.add({
  name: 'own-1',
  strategyName: 'grid',
  symbol: 'BTC-USDT',
  timeframe: '5m',
  virtualBalance: '1000.5',
});
const orm = await MikroORM.init(await config());
const em = orm.em.fork();
em.create(Signal, { bot: em.getReference(Bot, id), note: 'long' });
await em.flush();
const [signal] = await orm.em.fork().find(Signal, {}, { populate: ['bot'] });
await orm.close();
const { ok } = await db.migrations.check();
await db.close();
const refused = await mikroOrmOptions({ url: 'nowhere' }).catch((error) => error);
console.log(
  JSON.stringify({
    note: signal.note,
    balance: signal.bot.virtualBalance,
    ok,
    oneInstance: refused instanceof ConfigurationError,
  }),
);
