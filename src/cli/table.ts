import Table from 'cli-table3';
import { printable } from '../text/printable.ts';

/** A column of a table. */
export interface Column<T> {
  readonly head: string;
  readonly align?: 'left' | 'right' | undefined;
  value(row: T): string;
}

// space between columns and a line under the head: easy to read and to copy
const NO_BORDER = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};
const STYLE = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 };

/** A table with a head and aligned columns. */
export function renderTable<T>(columns: readonly Column<T>[], rows: readonly T[]): string {
  const cells = rows.map((row) => columns.map((column) => printable(column.value(row))));
  const widths = columns.map((column, index) =>
    cells.reduce((width, row) => Math.max(width, (row[index] ?? '').length), column.head.length),
  );
  const lines = widths.map((width) => '─'.repeat(width));
  return render([columns.map(({ head }) => head), lines, ...cells], columns);
}

function render(
  rows: readonly (readonly string[])[],
  columns: readonly { readonly align?: 'left' | 'right' | undefined }[],
): string {
  const table = new Table({
    chars: NO_BORDER,
    style: STYLE,
    colAligns: columns.map(({ align }) => align ?? 'left'),
  });
  table.push(...rows.map((row) => [...row]));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
