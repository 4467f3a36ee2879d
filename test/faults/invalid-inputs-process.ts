import { DatabaseOperations } from '../../src/index.ts';
import { callWithGarbage, GARBAGE_CALLS } from '../support/garbage.ts';
import { publicMethods } from '../support/public-methods.ts';

// Usage: invalid-inputs-process.ts URL SEED COUNT. Calls every public method that takes something with so many
// inputs that it refuses, and prints how many each was given and refused. What nobody catches ends the process.

const [url = '', seed = '', count = ''] = process.argv.slice(2);
const MOST_ROUNDS = 40;

const db = new DatabaseOperations({ url });
await db.migrations.up();
const tried: Record<string, { readonly given: number; readonly refused: number }> = {};
for (const call of GARBAGE_CALLS) {
  let [given, refused] = [0, 0];
  for (let round = 0; refused < Number(count) && round < MOST_ROUNDS; round += 1) {
    const numRuns = Math.max(100, Number(count) - refused);
    refused += await callWithGarbage({ db, url }, call, { seed: Number(seed) + round, numRuns });
    given += numRuns;
  }
  tried[call.name] = { given, refused };
}
const methods = publicMethods(db, { withInput: true });
const alive = await db.healthCheck();
const { pool } = db;
await db.close();
console.log(JSON.stringify({ tried, methods, alive, pending: pool.pending, inUse: pool.size - pool.free }));
