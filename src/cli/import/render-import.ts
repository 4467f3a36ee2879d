import { formatCount } from '../format.ts';
import type { Problems } from '../problems.ts';
import { renderTable } from '../table.ts';
import type { ImportCounts } from './import-files.ts';

/** What is to be said beside the counts. */
export interface ImportSaid {
  readonly problems: Problems;
  readonly interrupted: boolean;
  /** Candles that were stored already were kept as they are. */
  readonly kept: boolean;
}

const KEPT =
  '\nCandles stored before were kept as they are, open ones too; --unless-closed brings open ones up to date.';

/** What an import did, for people. */
export function renderImport(counts: ImportCounts, { problems, interrupted, kept }: ImportSaid): string {
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
