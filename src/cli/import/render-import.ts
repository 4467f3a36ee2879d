import { formatCount } from '../format.ts';
import type { Problems } from '../problems.ts';
import { renderTable } from '../table.ts';
import type { ImportCounts } from './import-files.ts';

/** What to show besides the counts. */
export interface ImportOutcome {
  readonly problems: Problems;
  readonly interrupted: boolean;
  /** Stored candles were kept. */
  readonly kept: boolean;
}

const KEPT = '\nStored candles were kept, even open ones; --unless-closed updates open ones.';

/** The result of an import, as text. */
export function renderImport(counts: ImportCounts, { problems, interrupted, kept }: ImportOutcome): string {
  const rows: [string, number][] = [
    ['read', counts.read],
    ['inserted', counts.inserted],
    ['updated', counts.updated],
    ['unchanged', counts.unchanged],
    ['rejected', counts.rejected],
  ];
  const table = renderTable<[string, number]>(
    [
      { head: 'rows', value: ([name]) => name },
      { head: 'count', align: 'right', value: ([, count]) => formatCount(count) },
    ],
    rows,
  );
  return [
    ...(problems.count > 0 ? [`Rejected:\n${problems.render()}\n`] : []),
    table,
    ...(kept && counts.unchanged > 0 ? [KEPT] : []),
    ...(interrupted ? ['\nInterrupted: what was read is stored. Run the same command again for the rest.'] : []),
    ...(counts.read === 0 && !interrupted ? ['\nThere were no rows.'] : []),
  ].join('\n');
}
