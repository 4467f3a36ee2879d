import type { OpenWriter, WriterContext, WriterHost } from '../executor/executor.ts';
import type { OpenSpools } from '../spool/spools.ts';
import type { SettledRows } from './close-report.ts';
import { closedError, type InFlightTracker } from './in-flight-tracker.ts';

/** The writers of an instance, each until it closes. */
export class OpenWriters implements WriterHost {
  readonly #tracker: InFlightTracker;
  readonly #spools: OpenSpools;
  readonly #operations = new Map<OpenWriter, string>();

  constructor(tracker: InFlightTracker, spools: OpenSpools) {
    this.#tracker = tracker;
    this.#spools = spools;
  }

  open<W extends OpenWriter>(operation: string, make: (context: WriterContext) => W): W {
    if (this.#tracker.closed) {
      throw closedError(operation);
    }
    const writer = make({
      hold: (work) => this.#tracker.trackAlone(operation, work, true),
      spool: (settings) => this.#spools.of(operation, settings),
    });
    this.#operations.set(writer, operation);
    writer.once('close', () => this.#operations.delete(writer));
    return writer;
  }

  /** Lets every writer store what it holds; from then on they take no more. */
  async settle(): Promise<void> {
    await Promise.all(this.#each((writer, operation) => writer.settle(closedError(operation))));
  }

  /** Makes every writer put what it holds into its spool, or drop it. */
  async cutOff(): Promise<void> {
    await Promise.all(this.#each((writer, operation) => writer.cutOff(closedError(operation))));
  }

  /** Begins to count what becomes of the rows that are held, those of writers included that end meanwhile. */
  tally(): () => SettledRows {
    const before = this.#each((writer) => ({ writer, stats: writer.stats() }));
    return () =>
      before.reduce<SettledRows>(
        (sum, { writer, stats }) => {
          const now = writer.stats();
          return {
            flushed: sum.flushed + now.written + now.unchanged - stats.written - stats.unchanged,
            spooled: sum.spooled + now.spooled - stats.spooled,
            unwritten: sum.unwritten + now.queued,
          };
        },
        { flushed: 0, spooled: 0, unwritten: 0 },
      );
  }

  #each<T>(work: (writer: OpenWriter, operation: string) => T): T[] {
    return [...this.#operations].map(([writer, operation]) => work(writer, operation));
  }
}
