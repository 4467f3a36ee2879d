import { DatabaseOperations } from '../../src/index.ts';
import type { OpenContender } from '../contender.ts';
import { contenderOf } from './tradestore.ts';

export const how = 'pool: { min: 2, max: 2 }; the writing works alone';

export const open: OpenContender = async ({ url }) => {
  const { upsertBatch, upsertOne, insertRaw, close } = await contenderOf(
    new DatabaseOperations({ url, pool: { min: 2, max: 2 } }),
  );
  return { upsertBatch, upsertOne, insertRaw, close };
};
