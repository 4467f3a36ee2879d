import type { CandleInput, DatabaseOperations } from '../../src/index.ts';

/**
 * Holds up whoever writes a candle: a transaction has it, until it is told to let go, which undoes it.
 *
 * @returns lets go, and settles when that is done
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
