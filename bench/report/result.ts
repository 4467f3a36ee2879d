import type { ServerDialect } from '../../test/support/servers/index.ts';
import type { Measurement } from '../process/order.ts';
import type { Sizes } from '../works/sizes.ts';

/** Everything that a run found on one server; what `.cache/bench-results/<server>.json` holds. */
export interface RunResult {
  readonly server: ServerDialect;
  readonly serverVersion: string;
  readonly settings: Readonly<Record<string, string>>;
  readonly storage: string;
  readonly date: string;
  readonly options: { readonly size: string; readonly repeats: number };
  readonly sizes: Sizes;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryGiB: number;
    readonly system: string;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly contestants: readonly { readonly name: string; readonly role: string; readonly how: string }[];
  readonly notInstalled: Readonly<Record<string, string>>;
  readonly works: readonly WorkResult[];
  readonly special: readonly SpecialResult[];
  readonly targets: readonly TargetResult[];
}

export interface WorkResult {
  readonly name: string;
  readonly title: string;
  readonly unit: 'rows/s' | 'ms';
  readonly ceiling?: string | undefined;
  /** By speed, the fastest first. */
  readonly rows: readonly ContestantResult[];
  readonly errors: Readonly<Record<string, string>>;
  readonly notOffered: readonly string[];
}

export interface ContestantResult {
  readonly name: string;
  readonly role: string;
  /** The median of the repeats: rows in a second, or milliseconds of a call. */
  readonly median: number;
  /** Of all calls, where single calls are measured. */
  readonly p95Ms?: number | undefined;
  readonly firstRowMs?: number | undefined;
  /** How many times as fast as this one the library is: over 1, the library is faster. */
  readonly oursToThis?: number | undefined;
  /** Its speed as a share of the ceiling's. */
  readonly ofCeiling?: number | undefined;
  readonly cpuMsPer100kRows: number;
  readonly maxRssMiB: number;
  readonly samples: readonly Sample[];
}

/** One repeat. */
export interface Sample extends Omit<Measurement, 'digest' | 'latenciesMs'> {
  /** Of its calls, where single calls are measured. */
  readonly medianMs?: number | undefined;
}

/** A work with targets of its own. */
export interface SpecialResult {
  readonly name: string;
  readonly title: string;
  /** What was measured, by its name and unit. */
  readonly figures: Readonly<Record<string, number | string>>;
  readonly samples?: unknown;
  readonly error?: string | undefined;
}

export interface TargetResult {
  readonly name: string;
  readonly wanted: string;
  readonly found: string;
  readonly verdict: 'pass' | 'MISSED' | 'not measured';
}
