import type { Fields } from '../../databases/physical-connection.ts';
import type { MarketData } from '../../entities/market-data.entity.ts';
import type { Column, Table } from '../../entities/table.ts';
import type { CandleColumns } from './stored-rows.ts';

// a range may be long and hold little
const LARGEST_FIRST_CAPACITY = 65_536;
const LEAST_CAPACITY = 16;

/** A column while it is read. */
interface GrowingColumn {
  readonly property: string;
  readonly nullable: boolean;
  values: Float64Array<ArrayBuffer>;
}

/** Gathers rows into columns, without an object for each row: the start times and every decimal of the table. @internal */
export class ColumnsBuilder {
  /** The columns to select, in the order in which {@link add} reads them. */
  readonly columns: readonly Column[];
  #length = 0;
  readonly #startTime: GrowingColumn;
  readonly #decimals: readonly GrowingColumn[];

  /**
   * @param expected how many rows there probably are: a column that grows is copied, and the garbage of that costs more
   *   than the decoding
   */
  constructor({ column: { startTime }, columns }: Table<MarketData>, expected: number) {
    const decimals = columns.filter(({ kind }) => kind === 'decimal');
    const capacity = Math.max(LEAST_CAPACITY, Math.min(expected, LARGEST_FIRST_CAPACITY));
    const growing = ({ property, nullable }: Column): GrowingColumn => ({
      property,
      nullable,
      values: new Float64Array(capacity),
    });
    this.columns = [startTime, ...decimals];
    this.#startTime = growing(startTime);
    this.#decimals = decimals.map(growing);
  }

  add(fields: Fields): void {
    const at = this.#length;
    if (at === this.#startTime.values.length) {
      for (const column of [this.#startTime, ...this.#decimals]) {
        const larger = new Float64Array(at * 2);
        larger.set(column.values);
        column.values = larger;
      }
    }
    this.#startTime.values[at] = fields.instant();
    for (const { values, nullable } of this.#decimals) {
      values[at] = nullable && fields.skipNull() ? Number.NaN : fields.double();
    }
    this.#length = at + 1;
  }

  build(): CandleColumns {
    const length = this.#length;
    const columns = [this.#startTime, ...this.#decimals].map(({ property, values }) => [
      property,
      values.length === length ? values : values.slice(0, length),
    ]);
    return { length, ...Object.fromEntries(columns) };
  }
}
