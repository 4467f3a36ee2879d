import type { WriterHost } from '../executor/executor.ts';
import type { WriterSettings } from '../schemas/writer-options.schema.ts';
import type { OpenSpools } from '../spool/open-spools.ts';
import { RowWriter } from '../streams/row-writer.ts';
import type { WriterTarget } from '../streams/writer-target.ts';
import type { CloseReport } from './close-report.ts';
import { closedError, type InFlightTracker } from './in-flight-tracker.ts';

/** A writer, as closing the instance sees it. */
type OpenWriter = Pick<RowWriter<unknown, unknown>, 'flushAndSeal' | 'abort' | 'stats'>;

type RowCounts = Pick<CloseReport, 'flushed' | 'spooled' | 'unwritten'>;

/** The writers of an instance, each until it closes. */
export class OpenWriters implements WriterHost {
  readonly #tracker: InFlightTracker;
  readonly #spools: OpenSpools;
  readonly #operations = new Map<OpenWriter, string>();

  constructor(tracker: InFlightTracker, spools: OpenSpools) {
    this.#tracker = tracker;
    this.#spools = spools;
  }

  open<Input, Row extends Input>(
    target: Omit<WriterTarget<Row>, 'track'>,
    settings: WriterSettings,
  ): RowWriter<Input, Row> {
    const { operation } = target;
    if (this.#tracker.closed) {
      throw closedError(operation);
    }
    const track = (work: () => Promise<void>) => this.#tracker.track(operation, work, { alone: true });
    const spool = settings.spool && this.#spools.of(operation, settings.spool);
    const writer = new RowWriter<Input, Row>({ ...target, track }, settings, spool);
    this.#operations.set(writer, operation);
    writer.addListener('close', () => this.#operations.delete(writer));
    return writer;
  }

  /** Has every writer store what it holds. From then on they take no more rows. */
  async flushAndSeal(): Promise<void> {
    await Promise.all(this.#each((writer, operation) => writer.flushAndSeal(closedError(operation))));
  }

  /** Has every writer put what it holds into its spool, or drop it. */
  async abort(): Promise<void> {
    await Promise.all(this.#each((writer, operation) => writer.abort(closedError(operation))));
  }

  /** Starts to count what becomes of the rows that writers hold, also of writers that end before the count is read. */
  countRows(): () => RowCounts {
    const before = this.#each((writer) => ({ writer, stats: writer.stats() }));
    return () =>
      before.reduce<RowCounts>(
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
