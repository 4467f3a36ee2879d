import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What the contender uses of the client that Prisma generates: its own types are there only after that. */
export interface PrismaClient {
  readonly marketData: {
    upsert(query: object): PrismaPromise;
    findMany(query: object): Promise<PricedRow[]>;
    findFirst(query: object): Promise<unknown>;
  };
  readonly rawTrade: {
    createMany(query: object): Promise<unknown>;
    findMany(query: object): Promise<unknown[]>;
  };
  $transaction(operations: readonly PrismaPromise[]): Promise<unknown>;
  $disconnect(): Promise<void>;
}

type PrismaPromise = Promise<unknown>;

interface PricedRow {
  readonly startTime: Date;
  readonly open: unknown;
  readonly high: unknown;
  readonly low: unknown;
  readonly close: unknown;
  readonly volume: unknown;
}

const generated = new URL('../node_modules/.bench-prisma/index.js', import.meta.url);

export function openPrisma(adapter: unknown): PrismaClient {
  const { PrismaClient } = createRequire(import.meta.url)(fileURLToPath(generated)) as {
    PrismaClient: new (options: { adapter: unknown }) => PrismaClient;
  };
  return new PrismaClient({ adapter });
}
