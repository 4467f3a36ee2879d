import type { Columns } from '../contender.ts';

interface PricedRow {
  readonly open: unknown;
  readonly high: unknown;
  readonly low: unknown;
  readonly close: unknown;
  readonly volume: unknown;
}

/** Puts the rows a library gives into typed arrays, as its user would. */
export function toColumns<Row extends PricedRow>(rows: readonly Row[], startMs: (row: Row) => number): Columns {
  const column = () => new Float64Array(rows.length);
  const columns = {
    startTime: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
  for (const [index, row] of rows.entries()) {
    columns.startTime[index] = startMs(row);
    columns.open[index] = Number(row.open);
    columns.high[index] = Number(row.high);
    columns.low[index] = Number(row.low);
    columns.close[index] = Number(row.close);
    columns.volume[index] = Number(row.volume);
  }
  return columns;
}
