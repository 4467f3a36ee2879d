import type { Settings } from '../config/settings.ts';
import type { OpenSpools } from '../spool/open-spools.ts';
import type { CloseReport } from './close-report.ts';
import type { InFlightTracker } from './in-flight-tracker.ts';
import type { OpenWriters } from './open-writers.ts';
import type { OperationExecutor } from './operation-executor.ts';

/** What has to be closed with an instance. */
export interface Closeable {
  readonly settings: Settings;
  readonly tracker: InFlightTracker;
  readonly executor: OperationExecutor;
  readonly writers: OpenWriters;
  readonly spools: OpenSpools;
}

/** Closes an instance: what is under way may finish, or is cut off. */
export class Shutdown {
  readonly #parts: Closeable;
  readonly #began = new AbortController();
  #closing: Promise<CloseReport> | undefined;
  #cuttingOff: Promise<void> | undefined;

  constructor(parts: Closeable) {
    this.#parts = parts;
  }

  /** Aborted as soon as closing begins. */
  get signal(): AbortSignal {
    return this.#began.signal;
  }

  /** Every call waits for the same end; one with `force` cuts off at once. */
  async close(force: boolean): Promise<CloseReport> {
    this.#began.abort();
    this.#closing ??= this.#close(force);
    if (force) {
      await this.#cutOff();
    }
    return this.#closing;
  }

  async #close(force: boolean): Promise<CloseReport> {
    const start = performance.now();
    const { settings, tracker, executor, writers, spools } = this.#parts;
    const rowCounts = writers.countRows();
    spools.stop();
    const timer = force ? undefined : this.#cutOffLater();
    // before the tracker closes: what began in time may finish
    const settled = force ? this.#cutOff() : writers.flushAndSeal();
    await tracker.close();
    await settled;
    await this.#cuttingOff;
    clearTimeout(timer);
    await executor.close(tracker.cutOff);
    await spools.close();
    const leftInSpools = spools.states.reduce((sum, { rows }) => sum + rows, 0);
    const forced = tracker.cutOff.aborted;
    const report = { ...rowCounts(), leftInSpools, forced, durationMs: Math.round(performance.now() - start) };
    settings.logger.info(report, 'closed');
    return report;
  }

  #cutOffLater(): NodeJS.Timeout | undefined {
    const { shutdownTimeoutMs, logger } = this.#parts.settings;
    if (shutdownTimeoutMs === 0) {
      return undefined;
    }
    return setTimeout(() => {
      logger.warn({ shutdownTimeoutMs }, 'closing takes too long: operations under way are cut off');
      void this.#cutOff();
    }, shutdownTimeoutMs);
  }

  /** Ends at once what is under way. Rows that writers hold go into their spools, where they have one. */
  #cutOff(): Promise<void> {
    this.#cuttingOff ??= (async () => {
      const { tracker, executor, writers } = this.#parts;
      tracker.abort();
      const settled = writers.abort();
      await executor.abortConnections();
      await settled;
    })();
    return this.#cuttingOff;
  }
}
