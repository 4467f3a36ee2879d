import type { PageSource } from '../../src/streams/row-pages.ts';

/** A page that was asked for. */
interface Asked {
  readonly after: number | undefined;
  readonly limit: number;
  readonly page: PromiseWithResolvers<number[]>;
}

/** A source of the numbers from 1 on, whose pages come when a test says so. */
export class FakePages implements PageSource<number> {
  readonly asked: Asked[] = [];
  closed = 0;
  readonly #rows: number;
  readonly #atOnce: boolean;

  /** @param atOnce whether pages come without `give()` */
  constructor(rows: number, atOnce = true) {
    this.#rows = rows;
    this.#atOnce = atOnce;
  }

  read(after: number | undefined, limit: number): Promise<number[]> {
    const page = Promise.withResolvers<number[]>();
    this.asked.push({ after, limit, page });
    if (this.#atOnce) {
      this.give();
    }
    return page.promise;
  }

  async close(): Promise<void> {
    this.closed += 1;
  }

  /** Gives the page that was asked for last. */
  give(): void {
    const { after = 0, limit, page } = this.#last();
    page.resolve(Array.from({ length: Math.min(limit, this.#rows - after) }, (_, index) => after + index + 1));
  }

  fail(error: Error): void {
    this.#last().page.reject(error);
  }

  #last(): Asked {
    const last = this.asked.at(-1);
    if (last === undefined) {
      throw new Error('no page was asked for');
    }
    return last;
  }
}
