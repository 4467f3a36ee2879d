import type { CandleInput, DatabaseOperations } from '../../src/index.ts';

/**
 * Blocks every write of a candle: a transaction holds its lock until it is released, which undoes it.
 *
 * @returns releases it, and settles when that is done
 */
export async function holdUp(db: DatabaseOperations, candle: CandleInput): Promise<() => Promise<void>> {
  const held = Promise.withResolvers<void>();
  const letGo = Promise.withResolvers<void>();
  const undone = new Error('undone');
  const holding = db
    .transaction(async (tx) => {
      await tx.marketData.upsertCandle(candle);
      held.resolve();
      await letGo.promise;
      throw undone;
    })
    .catch((error: unknown) => {
      if (error !== undone) {
        throw error;
      }
    });
  await Promise.race([held.promise, holding]);
  return async () => {
    letGo.resolve();
    await holding;
  };
}
