import { DatabaseOperations } from '../../src/index.ts';
import type { OpenContender } from '../contender.ts';
import { contenderOf } from './tradestore.ts';

export const how = 'pool: { min: 1, max: 1 }';

export const open: OpenContender = async ({ url }) =>
  contenderOf(new DatabaseOperations({ url, pool: { min: 1, max: 1 } }));
