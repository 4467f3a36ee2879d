export const STATEMENTS_VARIABLE = 'FUZZ_STATEMENTS';
export const SEED_VARIABLE = 'FUZZ_SEED';

/** Statements on each server: few where nobody asks for more. */
export const fuzzStatements = Number(process.env[STATEMENTS_VARIABLE] ?? 2_000);

/** What everything that is drawn is drawn from. */
export const fuzzSeed = Number(process.env[SEED_VARIABLE] ?? 1);
