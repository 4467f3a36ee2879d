import type { Digest } from '../data/digest.ts';
import type { Measurement, Order } from '../process/order.ts';
import type { BenchDatabase } from '../server/database.ts';

/** The databases of a run: one that is written to and emptied again, and one that is only read. */
export interface Databases {
  readonly written: BenchDatabase;
  readonly read: BenchDatabase;
}

/** One thing that every contender does, and how it is known that it did it. */
export interface Work {
  readonly name: string;
  readonly title: string;
  /** Which of the two databases the contender works on. */
  readonly on: keyof Databases;
  /** What a figure of it means: rows in a second, or the time of one call. */
  readonly unit: 'rows/s' | 'ms';
  /** The contender that shows what the server and the wire allow. */
  readonly ceiling?: string;
  /** Smaller, done once and not counted, so that no contender is measured with cold code. */
  readonly warmUp: Order;
  readonly order: Order;
  /** The same with fewer rows, for those who would take hours. */
  readonly forSlow?: Work;
  /** Before each measurement, warm-up included. */
  prepare?(databases: Databases): Promise<void>;
  /** What must have been stored or read. */
  expected(): Digest;
  /** What was; throws where more than the rows is wrong. */
  found(databases: Databases, measurement: Measurement, startedAt: Date): Promise<Digest>;
}
