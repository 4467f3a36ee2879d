import Table from 'cli-table3';
import { printable } from '../text/printable.ts';

// space between columns and a line under the head: easy to read and to copy
const CHARS = {
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
  mid: '─',
  'mid-mid': '  ',
  right: '',
  'right-mid': '',
  middle: '  ',
};
const STYLE = { compact: true, head: [], border: [], 'padding-left': 0, 'padding-right': 0 };

/** A table with a head. @param right the indexes of the columns that are aligned to the right */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const colAligns = head.map((_, index) => (right.includes(index) ? 'right' : 'left'));
  const table = new Table({ head: [...head], chars: CHARS, style: STYLE, colAligns });
  table.push(...rows.map((row) => row.map(printable)));
  return table.toString().replace(/ +$/gm, '');
}
