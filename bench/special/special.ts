import type { BenchServer } from '../server/bench-server.ts';
import type { Sizes } from '../works/sizes.ts';

/** What special works use. */
export interface SpecialContext {
  readonly server: BenchServer;
  readonly sizes: Sizes;
  readonly repeats: number;
  /** For files that are needed during the run. */
  readonly folder: string;
}

/** A work of the library alone, with its own target. */
export interface Special {
  readonly name: string;
  readonly title: (context: SpecialContext) => string;
  readonly measure: (context: SpecialContext) => Promise<Readonly<Record<string, number | string>>>;
}
