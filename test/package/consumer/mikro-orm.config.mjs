import { defineEntity, p } from '@mikro-orm/core';
import { withEnvironment } from 'tradestore';
import { Bot, entities, mikroOrmOptions } from 'tradestore/mikro-orm';

export const Signal = defineEntity({
  name: 'Signal',
  tableName: 'signals',
  properties: {
    id: p.integer().primary().autoincrement(),
    bot: () => p.manyToOne(Bot),
    note: p.string().length(64),
  },
});

export default async () => {
  const options = await mikroOrmOptions(withEnvironment(process.env, { url: 'sqlite:./own.db' }));
  return {
    ...options,
    entities: [...entities, Signal],
    migrations: { ...options.migrations, path: './own-migrations', emit: 'js' },
  };
};
