import type { Fields } from '../../databases/physical-connection.ts';
import type { MarketData } from '../../entities/market-data.entity.ts';
import type { Column, Table } from '../../entities/table.ts';
import type { CandleColumns } from './stored-rows.ts';

// a range may be long and hold little
const LARGEST_FIRST_CAPACITY = 65_536;
const LEAST_CAPACITY = 16;

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
  constructor(table: Table<MarketData>, expected: number) {
    const startTime = table.column('startTime');
    const decimals = table.columns.filter(({ kind }) => kind === 'decimal');
    const capacity = Math.max(LEAST_CAPACITY, Math.min(expected, LARGEST_FIRST_CAPACITY));
    this.columns = [startTime, ...decimals];
    this.#startTime = new GrowingColumn(startTime, capacity);
    this.#decimals = decimals.map((column) => new GrowingColumn(column, capacity));
  }

  add(fields: Fields): void {
    const at = this.#length;
    if (at === this.#startTime.values.length) {
      this.#startTime.grow();
      for (const decimal of this.#decimals) {
        decimal.grow();
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
    const columns = [this.#startTime, ...this.#decimals].map((column) => [column.property, column.first(length)]);
    return { length, ...Object.fromEntries(columns) };
  }
}

class GrowingColumn {
  readonly property: string;
  readonly nullable: boolean;
  values: Float64Array<ArrayBuffer>;

  constructor({ property, nullable }: Column, capacity: number) {
    this.property = property;
    this.nullable = nullable;
    this.values = new Float64Array(capacity);
  }

  grow(): void {
    const larger = new Float64Array(this.values.length * 2);
    larger.set(this.values);
    this.values = larger;
  }

  first(length: number): Float64Array<ArrayBuffer> {
    return this.values.length === length ? this.values : this.values.slice(0, length);
  }
}
